"""Where a server listens, and which names are its own."""

from __future__ import annotations

import pytest

from pointsman.server.http.address import Address, NoAddress, Place, listen, read_address, read_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://127.0.0.1:8080"),
        ("127.1.2.3:0", "http://127.1.2.3:0"),
        ("[::1]:65535", "http://[::1]:65535"),
        ("::1:8080", "http://[::1]:8080"),
    ],
)
def test_a_loopback_address_is_read(text: str, url: str) -> None:
    assert read_address(text).url == url


@pytest.mark.parametrize(
    ("host", "loopback", "anything"),
    [("127.9.9.9", True, False), ("[::1]", True, False), ("192.168.1.2", False, False), ("0.0.0.0", False, True)],
)
def test_it_is_known_who_can_reach_an_address(host: str, loopback: bool, anything: bool) -> None:
    """Design, section 11: loopback by default; other hosts need tokens."""
    address = read_address(f"{host}:8080")
    assert (address.is_loopback, address.is_any) == (loopback, anything)


@pytest.mark.parametrize(
    "text", ["", "8080", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:x", "127.0.0.1:70000", "example.com:80"]
)
def test_what_is_no_address_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(NoAddress, match="HOST:PORT"):
        read_address(text)


def test_a_port_is_chosen_where_none_is_said_and_the_names_of_the_server_have_it() -> None:
    listener, address = listen(Address("127.0.0.1", 0))
    with listener:
        assert address.port == listener.getsockname()[1] != 0
        place = Place(address)
        assert place.hosts == [f"{name}:{address.port}" for name in ("127.0.0.1", "localhost", "[::1]")]
        assert place.origins == [f"http://{host}" for host in place.hosts]
        assert (place.base, place.is_https) == (address.url, False)


def test_a_proxys_name_is_the_servers_too() -> None:
    place = Place(Address("10.0.0.7", 80), read_url("https://Pointsman.example.com/"), ("https://inspector.example",))
    assert place.hosts == ["10.0.0.7:80", "pointsman.example.com", "pointsman.example.com:443"]
    assert place.origins == [
        "http://10.0.0.7:80",
        "http://pointsman.example.com",
        "http://pointsman.example.com:443",
        "https://pointsman.example.com",
        "https://inspector.example",
    ]
    assert (place.base, place.is_https) == ("https://pointsman.example.com", True)


def test_a_port_that_is_no_schemes_own_is_always_said() -> None:
    assert Place(Address("10.0.0.7", 80), read_url("http://[2001:db8::1]:8443")).hosts[1:] == ["[2001:db8::1]:8443"]


@pytest.mark.parametrize(
    "text",
    ["", "example.com", "ftp://example.com", "https://", "https://a/b", "https://u@a", "https://a?b", "https://a:x"],
)
def test_what_is_no_address_for_clients_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(NoAddress, match="without a path"):
        read_url(text)

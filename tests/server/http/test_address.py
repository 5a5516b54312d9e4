"""Where may be served: on this machine alone."""

from __future__ import annotations

import pytest

from pointsman.server.http.address import Address, NoAddress, NotLoopback, listen, read_address


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


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.168.1.2", "8.8.8.8", "example.com", "localhost.example.com"])
def test_any_other_host_is_refused_because_there_are_no_tokens_yet(host: str) -> None:
    """Design, section 11: loopback by default; other hosts need tokens."""
    with pytest.raises(NotLoopback, match="not a loopback host"):
        read_address(f"{host}:8080")


@pytest.mark.parametrize("text", ["", "8080", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:x", "127.0.0.1:70000"])
def test_what_is_no_address_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(NoAddress, match=r"HOST:PORT|no host"):
        read_address(text)


def test_a_port_is_chosen_where_none_is_said_and_the_names_of_the_server_have_it() -> None:
    listener, address = listen(Address("127.0.0.1", 0))
    with listener:
        assert address.port == listener.getsockname()[1] != 0
        assert address.hosts == [f"{name}:{address.port}" for name in ("127.0.0.1", "localhost", "[::1]")]
        assert address.origins == [f"http://{host}" for host in address.hosts]

"""Addresses of servers, as people write them."""

import pytest

from pointsman.server.command_line.servers import NoServer, NotPrivate, mcp_endpoint, server_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://pointsman.example", "https://pointsman.example"),
        ("https://pointsman.example/", "https://pointsman.example"),
        ("https://pointsman.example:8443/desk/", "https://pointsman.example:8443/desk"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_an_address_is_encrypted_or_on_this_machine(text: str, url: str) -> None:
    assert server_url(text) == url


@pytest.mark.parametrize(
    "text", ["http://pointsman.example", "http://192.0.2.7:8080", "http://localhost.example", "http://127.0.0.1.nip.io"]
)
def test_a_token_goes_over_no_network_in_clear(text: str) -> None:
    with pytest.raises(NotPrivate, match="not encrypted"):
        server_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pointsman.example",
        "ftp://pointsman.example",
        "https://",
        "https://[::1",
        "https://pointsman.example:port",
        "https://maria:secret@pointsman.example",
        "https://pointsman.example/?token=secret",
        "https://pointsman.example/#x",
        "https://pointsman.example/a b",
        "https://pointsman.exämple",
    ],
)
def test_what_is_no_address_is_refused_and_a_password_in_it_not_repeated(text: str) -> None:
    with pytest.raises(NoServer) as raised:
        server_url(text)
    assert "maria:secret" not in str(raised.value)


def test_the_endpoint_for_agents_is_found_from_the_address_and_kept_where_it_is_named() -> None:
    assert mcp_endpoint("https://p.example") == "https://p.example/mcp"
    assert mcp_endpoint("https://p.example/sessions/abc/mcp") == "https://p.example/sessions/abc/mcp"

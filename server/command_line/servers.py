"""The address of a running server, as a person gives it: `--server`."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from pointsman.contracts.errors import PointsmanError

from ..addresses import MCP_PATH, is_loopback


class NoServer(PointsmanError):
    """Write the address of a server, such as https://pointsman.example or http://127.0.0.1:8080."""


class NotPrivate(NoServer):
    """A token would be readable on its way. Use https, or a tunnel to a loopback address."""


def server_url(text: str) -> str:
    """Read the address of a server; what comes back has no slash at its end.

    A token is sent there, so the way is TLS, or does not leave this machine (RFC 6750, section 5.3).

    Raises:
        NoServer: it is no such address.
        NotPrivate: it is reached in clear over a network.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NoServer(f"{text!r} is no address: {error}. {NoServer.__doc__}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise NoServer(f"{text!r} is no address of a server. {NoServer.__doc__}")
    if "@" in parts.netloc:
        raise NoServer("The address holds a user or a password. Leave it out: a token says who you are.")
    if parts.query or parts.fragment or not text.isascii() or any(letter <= " " for letter in text):
        raise NoServer(f"{text!r} holds more than an address and a path. {NoServer.__doc__}")
    if parts.scheme == "http" and not is_loopback(text):
        raise NotPrivate(f"{text!r} is not encrypted, and {host} is not this machine. {NotPrivate.__doc__}")
    return urlunsplit(SplitResult(parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def mcp_endpoint(text: str) -> str:
    """Read the address of a server, or of one of its MCP endpoints, and give an endpoint.

    Raises:
        NoServer: as above.
    """
    url = server_url(text)
    return url if url.endswith(MCP_PATH) else url + MCP_PATH

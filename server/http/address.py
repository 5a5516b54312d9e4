"""Where a server listens, and by which names it is reached."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pointsman.contracts.errors import PointsmanError

LOCALHOST: Final = "localhost"
_NAMES: Final = ("127.0.0.1", LOCALHOST, "[::1]")
"""What clients on this machine write for it."""
_PORTS: Final = {"http": 80, "https": 443}


class NoAddress(PointsmanError):
    """Write HOST:PORT, such as 127.0.0.1:8080, localhost:8080, [::1]:8080 or 192.0.2.7:8080."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine. `host` is written as in a URL; port 0 takes any that is free."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as clients are given it."""
        return f"http://{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether this machine alone can reach it."""
        return self._ip.is_loopback

    @property
    def is_any(self) -> bool:
        """Whether it is every address of this machine, so that no name can be told from it."""
        return self._ip.is_unspecified

    @property
    def _ip(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        return ipaddress.ip_address(self.host.strip("[]"))


@dataclass(frozen=True, slots=True)
class Place:
    """By which names a server is reached.

    `url` is the address that clients are given where it is another than that listened on: a proxy's. `pages`
    are origins of pages elsewhere that may ask this server.
    """

    address: Address
    url: str | None = None
    pages: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The address as clients are given it, without a slash at its end."""
        return self.url or self.address.url

    @property
    def is_https(self) -> bool:
        """Whether clients reach it by HTTPS."""
        return self.base.startswith("https:")

    @property
    def hosts(self) -> list[str]:
        """The `Host` headers that name this server, in lower case."""
        names = (self.address.host, *_NAMES) if self.address.is_loopback else (self.address.host,)
        hosts = [f"{name}:{self.address.port}" for name in names]
        return list(dict.fromkeys([*hosts, *([] if self.url is None else _hosts(self.url))]))

    @property
    def origins(self) -> list[str]:
        """The `Origin` headers of pages that may ask: this server's own, and those that were named."""
        public = [] if self.url is None else [f"{urlsplit(self.url).scheme}://{_hosts(self.url)[0]}"]
        return [*(f"http://{host}" for host in self.hosts), *public, *self.pages]


def read_address(text: str) -> Address:
    """Read HOST:PORT, where the host is an address of this machine or `localhost`.

    Raises:
        NoAddress: it is none.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise NoAddress(f"{text!r} is no address. {NoAddress.__doc__}")
    if host == LOCALHOST:
        return Address("127.0.0.1", int(port))
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]") if host.startswith("[") else host)
    except ValueError as error:
        what = f"{host!r} is no address of this machine" if host else f"{text!r} has no host"
        raise NoAddress(f"{what}. {NoAddress.__doc__}") from error
    return Address(f"[{address}]" if address.version == 6 else str(address), int(port))


def read_url(text: str) -> str:
    """Read the address that clients are given: http or https, a host, perhaps a port, and nothing else.

    Raises:
        NoAddress: it is none.
    """
    told = f"{text!r} is no such address. Write it like https://pointsman.example.com, without a path."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise NoAddress(told) from error
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in _PORTS or not parts.hostname or not bare or port == 0:
        raise NoAddress(told)
    return f"{parts.scheme}://{_hosts(text)[0]}"


def listen(address: Address) -> tuple[socket.socket, Address]:
    """Begin to listen; give the socket, and the address with the port that was taken.

    Raises:
        OSError: the port is taken, or must not be.
    """
    family = socket.AF_INET6 if address.host.startswith("[") else socket.AF_INET
    listener = socket.create_server((address.host.strip("[]"), address.port), family=family)
    return listener, Address(address.host, listener.getsockname()[1])


def _hosts(url: str) -> list[str]:
    """Give the `Host` headers that name the host of a URL: a scheme's own port is said or not."""
    parts = urlsplit(url)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    own = _PORTS[parts.scheme]
    return [f"{name}:{parts.port}"] if parts.port not in (None, own) else [name, f"{name}:{own}"]

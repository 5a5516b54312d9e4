"""Where a server may listen: on loopback alone, because whoever reaches it acts as the user who started it."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.errors import PointsmanError

LOCALHOST: Final = "localhost"
_NAMES: Final = ("127.0.0.1", LOCALHOST, "[::1]")
"""What clients on this machine write for it."""


class NoAddress(PointsmanError):
    """Write HOST:PORT with a loopback host, such as 127.0.0.1:8080, localhost:8080 or [::1]:8080."""


class NotLoopback(NoAddress):
    """This version serves on loopback hosts alone."""


@dataclass(frozen=True, slots=True)
class Address:
    """A loopback address. `host` is written as in a URL; port 0 takes any that is free."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as clients are given it."""
        return f"http://{self.host}:{self.port}"

    @property
    def hosts(self) -> list[str]:
        """The `Host` headers that name this server."""
        return [f"{name}:{self.port}" for name in dict.fromkeys((self.host, *_NAMES))]

    @property
    def origins(self) -> list[str]:
        """The `Origin` headers of pages that this server itself could have given."""
        return [f"http://{host}" for host in self.hosts]


def read_address(text: str) -> Address:
    """Read HOST:PORT.

    Raises:
        NoAddress: it is none.
        NotLoopback: the host is not this machine alone.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise NoAddress(f"{text!r} is no address. {NoAddress.__doc__}")
    if host == LOCALHOST:
        return Address("127.0.0.1", int(port))
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]") if host.startswith("[") else host)
    except ValueError as error:
        raise (
            NotLoopback(_elsewhere(host)) if host else NoAddress(f"{text!r} has no host. {NoAddress.__doc__}")
        ) from error
    if not address.is_loopback:
        raise NotLoopback(_elsewhere(host))
    return Address(f"[{address}]" if address.version == 6 else str(address), int(port))


def listen(address: Address) -> tuple[socket.socket, Address]:
    """Begin to listen; give the socket, and the address with the port that was taken.

    Raises:
        OSError: the port is taken, or must not be.
    """
    family = socket.AF_INET6 if address.host.startswith("[") else socket.AF_INET
    listener = socket.create_server((address.host.strip("[]"), address.port), family=family)
    return listener, Address(address.host, listener.getsockname()[1])


def _elsewhere(host: str) -> str:
    return (
        f"{host} is not a loopback host. Whoever reaches the server acts as you, so this version listens on this"
        " machine alone: 127.0.0.1, localhost or [::1]. Serving others comes with tokens for them, in a later version."
    )

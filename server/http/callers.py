"""Who has come in through a door."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import Scope

from pointsman.fsm.session import Actor

from ..replies import Caller

API: Final = "api"
"""The channel of whoever asks with a token of their own, and not over MCP."""

_VISITOR: Final = "pointsman.visitor"
_CLIENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever has shown a token, or was let in without one.

    `expires_at` is when the token ends, in milliseconds since the epoch; `is_welcome` asks whether it still
    opens what it did, for what lasts longer than a request.
    """

    actor: Actor
    is_welcome: Callable[[], Awaitable[bool]]
    expires_at: int | None = None


def let_in(scope: Scope, visitor: Visitor) -> None:
    """Note who has come in."""
    scope[_VISITOR] = visitor


def visitor_of(scope: Scope) -> Visitor | None:
    """Give whoever has come in; None where nobody has said who they are, and the door takes such."""
    visitor: Visitor | None = scope.get(_VISITOR)
    return visitor


def caller_of(request: HTTPConnection, channel: str) -> Caller:
    """Give whoever asks, for the governor.

    Raises:
        LookupError: nobody has said who they are: the route's door takes such.
    """
    visitor = visitor_of(request.scope)
    if visitor is None:
        raise LookupError
    return Caller(visitor.actor, client_of(request), channel)


def client_of(request: HTTPConnection) -> str | None:
    """Name the program that asks, as it says itself: the first word of its `User-Agent`."""
    found = _CLIENT.match(request.headers.get("user-agent", ""))
    return None if found is None else found[0]


def address_of(request: HTTPConnection) -> str:
    """Give the address that a connection comes from; of IPv6 the network, of which one host may have all of it."""
    host = "" if request.client is None else request.client.host
    if ":" not in host:
        return host
    return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))

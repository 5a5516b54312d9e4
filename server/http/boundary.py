"""The outermost: turns away what comes from elsewhere, and says to browsers what they may do with an answer.

A page of another site can make a browser send requests here, also by a name that it has led to this
machine (DNS rebinding): then the `Host` is not ours, or the `Origin` is another's.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal

from ..bounds import TOLD_CHARACTERS
from ..identity import SOMEBODY
from ..replies import Caller
from .address import Place
from .callers import client_of
from .doors import CHANNEL, TurnedAway
from .health import PROBES
from .refusals import refused

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Said where an answer does not say otherwise."""
_STRICT_TRANSPORT: Final = "max-age=31536000"


class Boundary:
    """An ASGI application around another.

    Args:
        app: What answers those who come to the right place.
        place: Where that is.
        on_turned_away: Told of everybody else.
    """

    def __init__(self, app: ASGIApp, place: Place, on_turned_away: TurnedAway) -> None:
        self._app = app
        self._hosts = frozenset(place.hosts)
        self._origins = frozenset(place.origins)
        self._headers = dict(HEADERS)
        if place.is_https:
            self._headers["strict-transport-security"] = _STRICT_TRANSPORT
        self._on_turned_away = on_turned_away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal, status = self._judged(request)
        saying = _saying(self._headers, send)
        if refusal is None:
            await self._app(scope, receive, saying)
            return
        shown: JsonObject = {
            name: request.headers.get(name, "")[:TOLD_CHARACTERS] for name in ("host", "origin", "user-agent")
        }
        caller = Caller(SOMEBODY, client_of(request), CHANNEL)
        self._on_turned_away(caller, "reach", refusal, {"method": request.method, **shown})
        await refused(refusal, status)(scope, receive, saying)

    def _judged(self, request: Request) -> tuple[Refusal | None, HTTPStatus]:
        """Say whether a request comes from the right place. Probes come by addresses that nobody knows before."""
        hosts = request.headers.getlist("host")
        if request.url.path not in PROBES and (len(hosts) != 1 or hosts[0].lower() not in self._hosts):
            said = "This server is not known by that name. Reach it by its own address, or say --url when it is served."
            return Refusal("FORBIDDEN", said), HTTPStatus.MISDIRECTED_REQUEST
        origins = request.headers.getlist("origin")
        if any(origin.lower() not in self._origins for origin in origins):
            return Refusal("FORBIDDEN", "Pages of that origin may not ask this server."), HTTPStatus.FORBIDDEN
        return None, HTTPStatus.OK


def _saying(headers: dict[str, str], send: Send) -> Send:
    async def say(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = MutableHeaders(scope=message)
            for name, value in headers.items():
                said.setdefault(name, value)
        await send(message)

    return say

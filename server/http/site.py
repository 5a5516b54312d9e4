"""The whole site: which routes there are, and what stands before them all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Code, Refusal
from pointsman.fsm.session import Actor

from ..credentials.port import Authenticator
from ..elicitation.people import People
from ..errors import EngineClosed, StoreError
from ..identity import SOMEBODY
from ..mcp_server import Era
from ..recording import Recording
from ..replies import Caller, Governed
from ..surfaces.choosing import SurfaceChoice
from .address import Place
from .boundary import Boundary
from .doors import CHANNEL, Porter
from .health import health_routes
from .mcp.desks import DeskPerConnection
from .mcp.endpoint import METHODS, McpEndpoint
from .rates import Limits, Rate, Told
from .refusals import NOTHING_THERE, refused, unavailable
from .resource_metadata import ProtectedResources

_TELLING_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Site:
    """What is served over HTTP, and to whom.

    Args:
        governed: answers every call.
        authenticator: knows tokens.
        is_ready: says whether calls can be answered.
        tokenless: who somebody without a token is; None where nobody is let in without one.
        surface: which shape of the tool list MCP clients are shown.
        era: `handshake` speaks no other.
        session: a session that is bound to every connection of MCP.
        people: knows the person behind a token, who may be asked to decide; None where nobody is.
        rate: how often a principal may ask; None where they may as often as they can.
        issuer: who issues tokens beside those made here, as clients are told.
        routes: what there is beside MCP and health.
    """

    governed: Governed
    authenticator: Authenticator
    is_ready: Callable[[], Awaitable[bool]]
    tokenless: Actor | None = None
    surface: SurfaceChoice = "auto"
    era: Era = "auto"
    session: str | None = None
    people: People | None = None
    rate: Rate | None = None
    issuer: str | None = None
    routes: Sequence[Route] = ()


class Application:
    """An ASGI application of a site.

    Args:
        site: What is served.
        place: By which names it is reached.
        stopping: Set when the server stops.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """

    def __init__(self, site: Site, place: Place, stopping: asyncio.Event) -> None:
        self._site = site
        self._desks = DeskPerConnection(site.governed, site.surface, site.session, site.people)
        self._recording = Recording()
        self._stopping = stopping
        self._limits = Limits(site.rate, time.monotonic)
        mcp = McpEndpoint(self._desks, site.era, self._on_reject, stopping)

        @asynccontextmanager
        async def running(_app: Starlette) -> AsyncGenerator[None]:
            async with mcp.running(), self._telling():
                yield
            await self._recording.finished()

        resources = None if site.issuer is None else ProtectedResources(place.base, site.issuer)
        metadata = [] if resources is None else resources.routes()
        routes = [*mcp.routes(), *site.routes, *metadata, *health_routes(self._is_ready)]
        self.router = Starlette(routes=routes, lifespan=running, exception_handlers=_FAILURES)
        self.router.router.redirect_slashes = False  # it would name HTTP where a proxy speaks HTTPS
        self.router.state.stopping = stopping
        self.router.state.porter = Porter(
            site.authenticator,
            site.tokenless,
            self._on_turned_away,
            self._limits,
            None if resources is None else resources.metadata_url,
        )
        self.asgi: ASGIApp = Boundary(_for_pages(self.router, place), place, self._on_turned_away)

    async def aclose(self) -> None:
        """Let the calls end whose clients have not come back."""
        await self._desks.aclose()

    @asynccontextmanager
    async def _telling(self) -> AsyncGenerator[None]:
        """Tell of those who come too often, once a minute, and at the end."""

        async def tell() -> None:
            while True:
                await asyncio.sleep(_TELLING_S)
                self._tell_limited(self._limits.told())

        telling = asyncio.create_task(tell())
        try:
            yield
        finally:
            telling.cancel()
            self._tell_limited(self._limits.told(at_least_s=0))

    def _tell_limited(self, told: Iterable[Told]) -> None:
        for actor, refusal, about in told:
            self._on_turned_away(Caller(actor or SOMEBODY, None, CHANNEL), "ask", refusal, about)

    async def _is_ready(self) -> bool:
        return not self._stopping.is_set() and await self._site.is_ready()

    def _on_turned_away(self, caller: Caller, action: str, refusal: Refusal, about: JsonObject) -> None:
        self._recording.begin(lambda: self._site.governed.stray(caller, action, refusal, about))

    def _on_reject(self, caller: Caller, code: Code, message: str) -> None:
        self._recording.begin(lambda: self._desks.record(caller, code, message))


def _for_pages(app: ASGIApp, place: Place) -> ASGIApp:
    """Let pages of the origins that were named read the answers (the Fetch standard's CORS protocol)."""
    if not place.pages:
        return app
    return CORSMiddleware(
        app,
        allow_origins=place.pages,
        allow_methods=METHODS,
        allow_headers=["authorization", "content-type", "last-event-id", "mcp-protocol-version", "mcp-session-id"],
        expose_headers=["mcp-session-id", "mcp-protocol-version", "www-authenticate"],
    )


async def _answered(request: Request, error: Exception) -> Response:
    """Answer what no route has, in the form of all refusals."""
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = error.headers if isinstance(error, HTTPException) else None
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return refused(Refusal("NOT_ALLOWED", f"{request.method} is no method of this address."), status, headers)
    return refused(Refusal("NOT_FOUND", NOTHING_THERE), status, headers)


async def _unheard(_request: Request, _error: Exception) -> Response:
    """End a request whose client has gone: nobody reads this."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


_FAILURES: Final[Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]] = {
    HTTPException: _answered,
    StoreError: unavailable,
    EngineClosed: unavailable,
    ClientDisconnect: _unheard,
}
"""What answers where no route can, at the doors and behind them."""

"""Serves one MCP client over standard input and output.

The client's handshake is answered first, and only then the database is opened and the workflows are
loaded; so everything behind the handshake is imported late, and a request that comes before waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final

from mcp.server.context import CallNext, HandlerResult
from mcp.server.runner import serve_loop

from .mcp_server import Context, Era, McpServer
from .stdio.transport import Incoming, Outgoing, strict_stdio
from .surfaces.rejects import Rejects

if TYPE_CHECKING:
    from .replies import Governed
    from .surfaces.choosing import SurfaceChoice
    from .surfaces.desk import Desk

SILENCE_S: Final = 1.0
"""How long the opening waits for a client's first request, which is answered before it."""


async def serve_stdio(
    opening: AbstractAsyncContextManager[Governed],
    *,
    surface: SurfaceChoice,
    era: Era,
    session: str | None,
    caller_id: str,
) -> None:
    """Serve one client over standard input and output, until it closes its end.

    Args:
        opening: Gives what answers every call. Entered when the client's first request has been
            answered, or after a second of silence; left when the client has gone.
        surface: Which shape of the tool list to show, or `auto`.
        era: `handshake` speaks no other: whoever opens with the 2026 era is told the versions there are. A client
            that mixes the eras after its handshake is served as one of the handshake era.
        session: A session to bind from the beginning.
        caller_id: The accountable principal, `local:<user of the operating system>`.

    Raises:
        Exception: what `opening` raises. The client's waiting requests are then answered with an
            error, and its connection ends.
    """
    rejects = Rejects()
    server = StdioServer(era, surface)
    async with strict_stdio(rejects.on_reject) as (incoming, outgoing):
        serving = asyncio.create_task(server.serve(incoming, outgoing))
        try:
            await asyncio.wait(
                [serving, asyncio.create_task(server.greeted.wait())],
                timeout=SILENCE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            async with opening as governed, _desk(governed, surface, session, caller_id) as desk:
                server.open(desk)
                rejects.open(desk.record)
                await serving
                await rejects.recorded()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


class StdioServer:
    """The one connection of this process, and its desk; requests wait until that is open."""

    def __init__(self, era: Era, surface: SurfaceChoice) -> None:
        self.greeted = asyncio.Event()
        self._era = era
        self._desk: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()
        self._server = McpServer(self, era, surface)
        self._server.middleware.append(self._greet)

    async def serve(self, incoming: Incoming, outgoing: Outgoing) -> None:
        """Answer what the client asks until it closes its end."""
        server = self._server
        if self._era == "auto":
            await server.run(incoming, outgoing, server.create_initialization_options())
            return
        async with server.lifespan(server) as state:
            await serve_loop(server, incoming, outgoing, lifespan_state=state)

    def open(self, desk: Desk) -> None:
        """Let requests through to the desk."""
        self._desk.set_result(desk)

    async def of(self, context: Context) -> Desk:
        """Wait for the desk: a client that pipelines its first call must not wait for a silence to end."""
        del context  # there is one connection
        self.greeted.set()
        return await asyncio.shield(self._desk)

    async def _greet(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        try:
            return await call_next(ctx)
        finally:
            self.greeted.set()


@asynccontextmanager
async def _desk(
    governed: Governed, surface: SurfaceChoice, session: str | None, caller_id: str
) -> AsyncGenerator[Desk]:
    from pointsman.fsm.session import Actor

    from .elicitation.people import LocalPerson
    from .surfaces.desk import Desk, Settings
    from .surfaces.shared import shared_by_desks

    shared = shared_by_desks(governed, surface, LocalPerson())
    desk = Desk(governed, Settings(surface, Actor("agent", caller_id), session), shared)
    desk.watch()
    try:
        yield desk
    finally:
        await desk.aclose()
        await shared.aclose()

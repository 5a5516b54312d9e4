"""The HTTP routes of MCP: `/mcp`, and `/sessions/{id}/mcp`, which binds that session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from pointsman.contracts.bounds import HTTP_IDLE_MS, HTTP_SESSIONS, MESSAGE_BYTES

from ..mcp_server import Era, McpServer
from ..surfaces.rejects import Rejects
from .address import Address
from .bodies import StrictBodies
from .desks import DeskPerConnection


def endpoint(desks: DeskPerConnection, era: Era, address: Address, stopping: asyncio.Event) -> ASGIApp:
    """Make the application. `stopping` is set when the server stops, so that what only waits for news ends."""
    rejects = Rejects()
    rejects.open(desks.record)
    # Where requests come from has been checked before the manager sees them, whatever route they take.
    manager = StreamableHTTPSessionManager(
        McpServer(desks, era, desks.surface),
        session_idle_timeout=HTTP_IDLE_MS / 1000,
        max_sessions=HTTP_SESSIONS,
        max_request_body_size=MESSAGE_BYTES,
    )
    mcp = StreamableHTTPASGIApp(manager)

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncGenerator[None]:
        async with manager.run():
            yield
        await rejects.recorded()

    app = Starlette(routes=[Route("/mcp", mcp), Route("/sessions/{session}/mcp", mcp)], lifespan=running)
    security = TransportSecuritySettings(allowed_hosts=address.hosts, allowed_origins=address.origins)
    return StrictBodies(app, security, rejects.on_reject, stopping)

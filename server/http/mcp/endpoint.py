"""The routes of MCP: `/mcp`, and `/sessions/{id}/mcp`, which binds that session."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pointsman.contracts.bounds import IDENTIFIER, MESSAGE_BYTES
from pointsman.fsm.gate import NOT_FOUND

from ...addresses import MCP_PATH, MCP_PATH_OF_SESSION
from ...bounds import HTTP_IDLE_MS, HTTP_SESSIONS, TOLD_CHARACTERS
from ...mcp_server import Era, McpServer
from ...replies import Governed
from ...surfaces.desk import CHANNEL
from ..callers import caller_of
from ..doors import door
from ..refusals import refused
from .desks import DeskPerConnection
from .messages import StrictMessages

if TYPE_CHECKING:
    from .messages import OnReject

METHODS: Final = ("GET", "POST", "DELETE")


class McpEndpoint:
    """MCP over Streamable HTTP. It answers while `running` is entered.

    Args:
        desks: Who answers.
        era: `handshake` speaks no other.
        on_reject: Told of every body that is no message.
        stopping: Set when the server stops, so that what only waits for news ends.
    """

    def __init__(self, desks: DeskPerConnection, era: Era, on_reject: OnReject, stopping: asyncio.Event) -> None:
        # Where requests come from, and how large they are, has been judged before the manager sees them.
        self._manager = StreamableHTTPSessionManager(
            McpServer(desks, era, desks.surface),
            session_idle_timeout=HTTP_IDLE_MS / 1000,
            max_sessions=HTTP_SESSIONS,
            max_request_body_size=MESSAGE_BYTES,
        )
        mcp = AuthContextMiddleware(StreamableHTTPASGIApp(self._manager))
        self._app = StrictMessages(mcp, on_reject, stopping)
        self._governed = desks.governed

    def running(self) -> AbstractAsyncContextManager[None]:
        """Keep the connections, as long as it is entered."""
        return self._manager.run()

    def routes(self) -> list[Route]:
        """Give the routes. They take tokens of agents: one of a person, in an agent's hands, could decide."""
        own = _OwnSession(self._app, self._governed)
        return [
            door(MCP_PATH, self._app, METHODS, {"agent"}),
            door(MCP_PATH_OF_SESSION, own, METHODS, {"agent"}),
        ]


class _OwnSession:
    """The endpoint of one session, for those who may see it: nobody else learns that there is one."""

    def __init__(self, app: ASGIApp, governed: Governed) -> None:
        self._app = app
        self._governed = governed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        session = str(request.path_params["session"])
        caller = caller_of(request, CHANNEL)
        if IDENTIFIER.match(session) and await self._governed.workflow_of(caller, session) is not None:
            await self._app(scope, receive, send)
            return
        await self._governed.stray(caller, "mcp", NOT_FOUND, {"session": session[:TOLD_CHARACTERS]})
        await refused(NOT_FOUND)(scope, receive, send)

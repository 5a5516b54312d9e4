"""The MCP server: the SDK's low-level server, wired to a surface and, through it, to the governor.

One process serves one client over stdio. Nothing in here decides anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final, Literal, TypeAlias

import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.runner import serve_loop
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ToolsListChanged
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from pointsman.fsm.refusals import Code, Refusal
from pointsman.fsm.session import Actor

from .replies import Governed
from .stdio.transport import strict_stdio
from .surfaces import resources
from .surfaces.adaptive import Adaptive
from .surfaces.changes import ListChanges
from .surfaces.choosing import SurfaceChoice, SurfaceName, choose
from .surfaces.compact import Compact
from .surfaces.connection import Connection
from .surfaces.surface import Surface

Era: TypeAlias = Literal["auto", "handshake"]
Context: TypeAlias = ServerRequestContext[Any, Any]

INSTRUCTIONS: Final = (
    "Work goes through sessions of guarded workflows: start one, and in each state do only what that state allows. "
    "Every reply says where the session is, what its goal is and what is allowed now; a state is left by sending one "
    "of its events with the fields that its schema demands. "
    "A refusal says what is missing, so correct that and try again; while a person or the server must act, wait and "
    "ask for the status."
)
UNRECORDED_REJECTS: Final = 100
"""Malformed lines that may wait to be recorded; beyond that they are only logged."""

_log = structlog.get_logger(__name__)


class McpServer:
    """The handlers of one connection."""

    def __init__(self, governed: Governed, choice: SurfaceChoice, caller_id: str) -> None:
        self._choice: SurfaceChoice = choice
        self._surfaces: dict[SurfaceName, Surface] = {"adaptive": Adaptive(governed), "compact": Compact(governed)}
        self._bus = InMemorySubscriptionBus()
        self._changes = ListChanges()
        self.connection = Connection(governed, Actor("agent", caller_id), "mcp", self._changes.maybe)
        self.sdk: Server[Any] = Server(
            "pointsman",
            version=version("pointsman"),
            instructions=INSTRUCTIONS,
            get_tool_input_schema=_nothing_to_validate,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
            on_subscriptions_listen=ListenHandler(self._bus),
        )

    @property
    def options(self) -> InitializationOptions:
        """What the handshake answers."""
        return self.sdk.create_initialization_options(NotificationOptions(tools_changed=True))

    async def watch(self) -> None:
        """Tell the client of list changes, for good."""
        await self._changes.run(self.connection)

    def _surface(self, context: Context) -> Surface:
        """Choose the surface for whoever asks, and note who that is."""
        parameters = context.session.client_params
        client = None if parameters is None else parameters.client_info.name
        self.connection.identify(client)
        modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        name = choose(self._choice, client, modern=modern)
        if name == "adaptive":
            self._changes.tell_through(self._publish if modern else context.session.send_tool_list_changed)
        return self._surfaces[name]

    async def _publish(self) -> None:
        await self._bus.publish(ToolsListChanged())

    async def _list_tools(self, context: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
        tools = await self._surface(context).list_tools(self.connection)
        return ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        return await self._surface(context).call(self.connection, params.name, params.arguments or {})

    async def _list_resources(self, context: Context, _params: PaginatedRequestParams | None) -> ListResourcesResult:
        self._surface(context)
        found = await resources.resources(self.connection)
        return ListResourcesResult(resources=found, ttl_ms=0, cache_scope="private")

    async def _list_templates(
        self, _context: Context, _params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=resources.templates(), ttl_ms=0, cache_scope="private")

    async def _read_resource(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        self._surface(context)
        return await resources.read(self.connection, params.uri)


async def serve_stdio(
    governed: Governed, *, surface: SurfaceChoice, era: Era, session: str | None, caller_id: str
) -> None:
    """Serve one client over standard input and output, until it closes its end.

    Args:
        governed: Answers every call.
        surface: Which shape of the tool list to show, or `auto`.
        era: `handshake` refuses the 2026 era.
        session: A session to bind from the beginning.
        caller_id: The accountable principal, `local:<user of the operating system>`.
    """
    server = McpServer(governed, surface, caller_id)
    if session is not None:
        server.connection.bind(session)
    async with _recorder(server.connection) as on_reject, strict_stdio(on_reject) as (incoming, outgoing):
        watching = asyncio.create_task(server.watch())
        try:
            if era == "handshake":
                async with server.sdk.lifespan(server.sdk) as state:
                    await serve_loop(server.sdk, incoming, outgoing, lifespan_state=state, init_options=server.options)
            else:
                await server.sdk.run(incoming, outgoing, server.options)
        finally:
            watching.cancel()
            server.connection.close()


@asynccontextmanager
async def _recorder(connection: Connection) -> AsyncGenerator[Any]:
    """Have malformed lines recorded, beside the conversation and bounded in number."""
    waiting: asyncio.Queue[Refusal] = asyncio.Queue(UNRECORDED_REJECTS)

    def on_reject(code: Code, message: str) -> None:
        _log.warning("message rejected", code=code, problem=message, client=connection.caller.client)
        if not waiting.full():
            waiting.put_nowait(Refusal(code, message))

    async def record() -> None:
        while True:
            refusal = await waiting.get()
            try:
                await connection.governed.stray(connection.caller, "message", refusal, None)
            except Exception:  # noqa: BLE001 - what cannot be recorded was logged above; the conversation goes on
                _log.exception("rejected message not recorded")
            waiting.task_done()

    recording = asyncio.create_task(record())
    try:
        yield on_reject
        async with asyncio.timeout(1):
            await waiting.join()
    except TimeoutError:
        _log.warning("rejected messages not recorded", count=waiting.qsize())
    finally:
        recording.cancel()


def _nothing_to_validate(_name: str) -> None:
    """The governor judges every argument; the SDK would call for the tool list to do it."""

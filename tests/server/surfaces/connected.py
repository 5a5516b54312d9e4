"""The SDK's own client in front of the server, over real pipes: in this process, or to one of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.stdio import StdioServerParameters, stdio_client

from pointsman.fsm.session import Actor
from pointsman.server.elicitation.people import People
from pointsman.server.replies import Governed
from pointsman.server.stdio.transport import Incoming, Outgoing, strict_pipes
from pointsman.server.stdio_server import StdioServer
from pointsman.server.surfaces.choosing import SurfaceChoice
from pointsman.server.surfaces.desk import Desk, Settings
from pointsman.server.surfaces.rejects import Rejects
from pointsman.server.surfaces.shared import shared_by_desks
from tests.server.surfaces.governed import governed_with

SERVER = Path(__file__).with_name("governed.py")


class Connected:
    """A client and what it was told."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.list_changes = 0
        self._changed = anyio.Event()
        self._updates: asyncio.Queue[str] = asyncio.Queue()

    async def tools(self) -> dict[str, types.Tool]:
        return {tool.name: tool for tool in (await self.client.list_tools()).tools}

    async def call(self, name: str, **arguments: object) -> dict[str, Any]:
        """Call a tool, and give its structured content with `error` and `text` beside it."""
        result = await self.client.call_tool(name, arguments)
        assert isinstance(result, types.CallToolResult)
        assert isinstance(result.content[0], types.TextContent)
        content: dict[str, Any] = {**result.structured_content}
        return {**content, "is_error": result.is_error, "text": result.content[0].text}

    async def resource(self, address: str) -> str:
        """Read a resource's text."""
        content = (await self.client.read_resource(address)).contents[0]
        assert isinstance(content, types.TextResourceContents)
        return content.text

    async def list_change(self, number: int) -> None:
        """Wait until the client was told of this many list changes."""
        with anyio.fail_after(5):
            while self.list_changes < number:
                await self._changed.wait()

    async def subscribe(self, address: str) -> None:
        """Subscribe as clients of the handshake era do."""
        request = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=address))
        await self.client.session.send_request(request, types.EmptyResult)

    async def update(self) -> str:
        """Wait until the client is told that a resource has changed, and give its address."""
        with anyio.fail_after(5):
            return await self._updates.get()

    async def hear(self, message: object) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            self._updates.put_nowait(str(message.params.uri))
        if isinstance(message, types.ToolListChangedNotification):
            self.list_changes += 1
            self._changed.set()
            self._changed = anyio.Event()


@asynccontextmanager
async def connected(
    name: str,
    *,
    mode: str = "legacy",
    surface: SurfaceChoice = "auto",
    era: Literal["auto", "handshake"] = "auto",
    session: str = "",
    process: bool = False,
    governed: Governed | None = None,
    people: People | None = None,
    actor: Actor | None = None,
    answer: ElicitationFnT | None = None,
    more: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Connected]:
    """Connect a client of this name, whose person, known to `people`, `answer`s.

    `mode` is the SDK's: `legacy` is the handshake. `more` are arguments of the SDK's client.
    """
    heard: list[Connected] = []

    async def hear(message: object) -> None:
        await heard[0].hear(message)

    command = [str(SERVER), surface, era, *([session] if session else [])]
    if process:
        transport: AbstractAsyncContextManager[Any] = stdio_client(
            StdioServerParameters(command=sys.executable, args=command)
        )
    else:
        transport = _served_here(
            governed or governed_with(session),
            Settings(surface, actor or Actor("agent", "local:tester"), session or None),
            era,
            people,
        )
    info = types.Implementation(name=name, version="1")
    client = Client(
        transport, mode=mode, client_info=info, message_handler=hear, elicitation_callback=answer, **(more or {})
    )
    connection = Connected(client)
    heard.append(connection)
    async with client:
        yield connection


@asynccontextmanager
async def _served_here(
    governed: Governed, settings: Settings, era: Literal["auto", "handshake"], people: People | None
) -> AsyncGenerator[tuple[Incoming, Outgoing]]:
    server_in, client_out = os.pipe()
    client_in, server_out = os.pipe()
    server, rejects = StdioServer(era, settings.surface), Rejects()
    async with strict_pipes(client_in, client_out, _never) as streams:
        async with strict_pipes(server_in, server_out, rejects.on_reject) as (incoming, outgoing):
            shared = shared_by_desks(governed, settings.surface, people)
            desk = Desk(governed, settings, shared)
            desk.watch()
            server.open(desk)
            rejects.open(desk.record)
            serving = asyncio.create_task(server.serve(incoming, outgoing))
            try:
                yield streams
            finally:
                os.close(client_out)
                await serving
                await rejects.recorded()
                await desk.aclose()
                await shared.aclose()
        os.close(server_out)
        async for _ in streams[0]:
            pass
    os.close(client_in)
    os.close(server_in)


def _never(code: str, message: str) -> None:
    raise AssertionError((code, message))

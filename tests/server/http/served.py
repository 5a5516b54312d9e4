"""A server over HTTP in front of an invented governor, on a real socket, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from pointsman.server.http.address import Address, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.mcp_server import Era
from pointsman.server.surfaces.choosing import SurfaceChoice
from pointsman.server.surfaces.desk import Settings
from tests.server.surfaces.connected import Connected
from tests.server.surfaces.governed import InMemoryGoverned, governed_with

INITIALIZE: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"raw","version":"1"}}}'
)


@dataclass
class Served:
    """A running server; `stop` ends it, and `serving` has ended when it has."""

    governed: InMemoryGoverned
    url: str
    stop: asyncio.Event
    serving: asyncio.Task[None] = field(repr=False)


@asynccontextmanager
async def served(
    *, surface: SurfaceChoice = "auto", era: Era = "auto", session: str = "", bound: bool = True
) -> AsyncGenerator[Served]:
    """Serve parcels; one is on its way already where `session` is given, and bound to all connections if `bound`."""
    governed = governed_with(session)
    listener, address = listen(Address("127.0.0.1", 0))
    stop = asyncio.Event()
    settings = Settings(surface, "local:tester", session if session and bound else None)
    serving = asyncio.create_task(serve_http(governed, settings, era, (listener, address), stop))
    try:
        yield Served(governed, address.url, stop, serving)
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await serving


@asynccontextmanager
async def connected(
    server: Served, *, mode: str = "legacy", name: str = "claude-code", path: str = "/mcp"
) -> AsyncGenerator[Connected]:
    """Connect the SDK's client. `mode` is its own: `legacy` for the handshake, `auto` for the newest."""
    heard: list[Connected] = []

    async def hear(message: object) -> None:
        await heard[0].hear(message)

    transport = streamable_http_client(server.url + path)
    info = types.Implementation(name=name, version="1")
    client = Client(transport, mode=mode, client_info=info, message_handler=hear)
    heard.append(Connected(client))
    async with client:
        yield heard[0]


async def post(server: Served, body: bytes, path: str = "/mcp", **headers: str) -> httpx2.Response:
    """Send a body as a client of the handshake era would."""
    async with httpx2.AsyncClient(verify=False) as client:
        return await sent(client, server, body, path, **headers)


async def sent(
    client: httpx2.AsyncClient, server: Served, body: bytes, path: str = "/mcp", **headers: str
) -> httpx2.Response:
    """Send a body over a client's connection."""
    told = {"content-type": "application/json", "accept": "application/json, text/event-stream", **headers}
    return await client.post(server.url + path, content=body, headers=told)


async def until(condition: Callable[[], bool], within_s: float = 5) -> None:
    """Wait until something is so that nobody tells of."""
    async with asyncio.timeout(within_s):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)

"""A server over HTTP in front of an invented governor, on a real socket, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from pointsman.fsm.session import Actor
from pointsman.server.credentials.port import Identified, NotAccepted
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.rates import Rate
from pointsman.server.http.serving import serve_http
from pointsman.server.http.site import Site
from pointsman.server.mcp_server import Era
from pointsman.server.surfaces.choosing import SurfaceChoice
from tests.server.surfaces.connected import Connected
from tests.server.surfaces.governed import InMemoryGoverned, governed_with

INITIALIZE: Final = (
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"raw","version":"1"}}}'
)


class Tokens(dict[str, Actor]):
    """Knows the tokens that it holds. Fills the port `Authenticator`."""

    async def identify(self, token: str) -> Identified | NotAccepted:
        found = self.get(token)
        return NotAccepted("unknown", "This token is not one of this server's.") if found is None else Identified(found)


async def _ready() -> bool:
    return True


@dataclass
class Served:
    """A running server; `stop` ends it, and `serving` has ended when it has."""

    governed: InMemoryGoverned
    url: str
    stop: asyncio.Event
    serving: asyncio.Task[None] = field(repr=False)


@asynccontextmanager
async def served(
    *,
    surface: SurfaceChoice = "auto",
    era: Era = "auto",
    session: str = "",
    bound: bool = True,
    tokens: Tokens | None = None,
    url: str | None = None,
    rate: Rate | None = None,
    pages: tuple[str, ...] = (),
    issuer: str | None = None,
) -> AsyncGenerator[Served]:
    """Serve parcels; one is on its way already where `session` is given, and bound to all connections if `bound`.

    Where there are `tokens`, one is needed; otherwise everybody is an agent of the tester's.
    """
    governed = governed_with(session)
    listener, address = listen(Address("127.0.0.1", 0))
    stop = asyncio.Event()
    site = Site(
        governed,
        tokens or Tokens(),
        _ready,
        tokenless=Actor("agent", "local:tester") if tokens is None else None,
        surface=surface,
        rate=rate,
        era=era,
        session=session if session and bound else None,
        issuer=issuer,
    )
    serving = asyncio.create_task(serve_http(site, Place(address, url, pages), listener, stop))
    try:
        yield Served(governed, address.url, stop, serving)
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await serving


class Reached(Protocol):
    """A server that is reached by its address."""

    @property
    def url(self) -> str: ...


@asynccontextmanager
async def connected(
    server: Reached, *, mode: str = "legacy", name: str = "claude-code", path: str = "/mcp", token: str | None = None
) -> AsyncGenerator[Connected]:
    """Connect the SDK's client. `mode` is its own: `legacy` for the handshake, `auto` for the newest."""
    heard: list[Connected] = []

    async def hear(message: object) -> None:
        await heard[0].hear(message)

    bearer = None if token is None else {"authorization": f"Bearer {token}"}
    http = httpx2.AsyncClient(verify=False, headers=bearer, timeout=httpx2.Timeout(30, read=300))
    transport = streamable_http_client(server.url + path, http_client=http)
    info = types.Implementation(name=name, version="1")
    client = Client(transport, mode=mode, client_info=info, message_handler=hear)
    heard.append(Connected(client))
    async with http, client:
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

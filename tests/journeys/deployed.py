"""A server that many use over HTTP: a real process, tokens of its own, and clients of both eras of MCP."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time_ns
from typing import Any, Final

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.command_line.database import writing_database
from pointsman.server.credentials.minted import PREFIXES
from pointsman.server.store.principals import (
    Principal,
    PrincipalKind,
    add_principal,
    hash_token,
    new_token,
    revoke_principal,
)
from tests.server.command_line import warm
from tests.server.command_line.terminal import Shell
from tests.server.surfaces.connected import Connected

HOUR_MS: Final = 3_600_000
MCP_HEADERS: Final = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@dataclass
class Deployed:
    """A server that runs. `log` is what it has said so far."""

    shell: Shell
    url: str
    log: list[JsonObject] = field(default_factory=list[JsonObject], repr=False)

    def token(
        self,
        name: str,
        kind: PrincipalKind = "agent",
        *,
        roles: tuple[str, ...] = (),
        owner: str | None = None,
        session: str | None = None,
        expires_in_ms: int | None = HOUR_MS,
    ) -> str:
        """Make a token, as `pointsman token create` stores it."""
        token = PREFIXES[kind] + new_token()
        now_ms = time_ns() // 1_000_000
        until = None if expires_in_ms is None else now_ms + expires_in_ms
        made = Principal(name, kind, roles, hash_token(token), owner, now_ms, until, None, session)
        with writing_database(str(self.shell.database), create=True) as connection:
            add_principal(connection, made)
        return token

    def revoke(self, name: str) -> None:
        """Revoke a token, as `pointsman token revoke` does."""
        with writing_database(str(self.shell.database), create=False) as connection:
            assert revoke_principal(connection, name, time_ns() // 1_000_000)

    @asynccontextmanager
    async def agent(
        self,
        token: str | None = None,
        *,
        mode: str = "legacy",
        path: str = "/mcp",
        auth: httpx2.Auth | None = None,
        answer: ElicitationFnT | None = None,
    ) -> AsyncGenerator[Connected]:
        """Connect the SDK's client, whose person `answer`s.

        `mode` is its own: `legacy` for the handshake, `auto` for the newest.
        """
        heard: list[Connected] = []

        async def hear(message: object) -> None:
            await heard[0].hear(message)

        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        http = httpx2.AsyncClient(verify=False, headers=bearer, auth=auth, timeout=httpx2.Timeout(30, read=300))
        transport = streamable_http_client(self.url + path, http_client=http)
        info = types.Implementation(name="claude-code", version="1")
        client = Client(transport, mode=mode, client_info=info, message_handler=hear, elicitation_callback=answer)
        heard.append(Connected(client))
        async with http, client:
            yield heard[0]

    async def ask(
        self, method: str, path: str, token: str | None = None, body: Json | bytes = None, **headers: str
    ) -> httpx2.Response:
        """Make one request."""
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        typed = {} if body is None else {"content-type": "application/json"}
        async with httpx2.AsyncClient(verify=False, timeout=30) as client:
            whole = {**typed, **bearer, **headers}
            return await client.request(method, self.url + path, content=content, headers=whole)

    async def initialize(self, token: str | None = None, path: str = "/mcp", **headers: str) -> httpx2.Response:
        """Open a connection of the handshake era."""
        return await self.ask("POST", path, token, rpc("initialize", HELLO), **{**MCP_HEADERS, **headers})

    def rows(self) -> list[dict[str, Any]]:
        """The audit of calls that belong to no session."""
        found: list[dict[str, Any]] = self.shell.look("audit", "show", "server")
        return found


HELLO: Final[JsonObject] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "raw", "version": "1"},
}


def rpc(method: str, params: JsonObject, number: int = 1) -> JsonObject:
    """A request of JSON-RPC."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


@asynccontextmanager
async def deployed(shell: Shell, *arguments: str, address: str = "127.0.0.1:0") -> AsyncGenerator[Deployed]:
    """Serve the workflows of these arguments, until the test is done with it."""
    process, server = await begun(shell, *arguments, address=address)
    assert process.stderr is not None
    reading = asyncio.create_task(_read(process.stderr, server.log))
    try:
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await process.wait() == 0, server.log
            await reading


async def begun(
    shell: Shell, *arguments: str, address: str = "127.0.0.1:0"
) -> tuple[asyncio.subprocess.Process, Deployed]:
    """Begin to serve; give the process too, for whoever ends it otherwise."""
    process = await asyncio.create_subprocess_exec(
        warm.pointsman(),
        *("serve", *arguments, "--http", address),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=shell.place,
        env=shell.environment,
    )
    assert process.stderr is not None
    log: list[JsonObject] = []
    async with asyncio.timeout(20):
        while not log or log[-1].get("event") != "serving":
            line = await process.stderr.readline()
            assert line, log
            log.append(json.loads(line))
    return process, Deployed(shell, str(log[-1]["url"]).removesuffix("/mcp"), log)


async def _read(stream: asyncio.StreamReader, log: list[JsonObject]) -> None:
    while line := await stream.readline():
        log.append(json.loads(line))

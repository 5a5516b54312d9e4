"""The agent of a script: a real MCP client on a real server process.

It shows what any client could do. Over `adaptive` it calls the tools that the current state offers,
over `stable` it names its session in every call; over `compact` it says the same through `act`.
What comes back has one shape.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Literal, TypeAlias, cast

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, Implementation

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import JsonObject

Surface: TypeAlias = Literal["adaptive", "stable", "compact"]
Era: TypeAlias = Literal["handshake", "modern"]

CLIENT: Final = "pointsman-script"
MODERN: Final = "2026-07-28"
_PATIENCE_S: Final = 60.0
"""Longer than the server ever makes a client wait, a slow start included."""
_LOG_CHARACTERS: Final = 2_000


class ServerFailed(PointsmanError):
    """The server process ended, or did not answer as MCP demands. Its log says why."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server process is started: the workflow, its database, and how it shows itself."""

    file: Path
    database: Path | str
    surface: Surface = "adaptive"
    era: Era = "handshake"
    program: tuple[str, ...] = (sys.executable, "-m", "pointsman.server")

    def command(self) -> list[str]:
        """Give the whole command line."""
        era = ["--era", "handshake"] if self.era == "handshake" else ["--era", "auto"]
        shown = ["--surface", self.surface, *era, "--log-level", "warning"]
        return [*self.program, "serve", str(self.file), "--database", str(self.database), *shown]


class Agent:
    """An MCP client in one session of one workflow."""

    def __init__(self, client: Client, surface: Surface, log: IO[str]) -> None:
        self._client = client
        self._log = log
        self._surface = surface
        self._session = ""
        self._arguments: dict[str, Collection[str]] = {}

    @property
    def protocol(self) -> str:
        """The revision of MCP that is spoken."""
        return self._client.protocol_version

    async def start(self, workflow: str, fields: JsonObject) -> JsonObject:
        """Start a session, and stay in it."""
        if self._surface == "compact":
            reply = await self._call("start", {"workflow": workflow, "input": fields})
        else:
            reply = await self._call(f"start_{workflow}", fields)
        if self._surface == "stable":  # the list is read once, as it never changes
            tools = (await self._client.list_tools()).tools
            self._arguments = {tool.name: tool.input_schema.get("properties", {}) for tool in tools}
        session = reply.get("session")
        self._session = session if isinstance(session, str) else ""
        return reply

    async def act(self, action: str, arguments: JsonObject) -> JsonObject:
        """Call a tool or send an event."""
        name = action.replace(".", "_")
        match self._surface:
            case "compact":
                return await self._call("act", {"session": self._session, "action": action, "arguments": arguments})
            case "stable":
                ours = "pointsman_session" if "pointsman_session" in self._arguments.get(name, ()) else "session"
                return await self._call(name, {ours: self._session, **arguments})
            case _:
                return await self._call(name, arguments)

    async def offered(self) -> tuple[str, ...]:
        """Name the tools the server lists now."""
        return tuple(tool.name for tool in (await self._client.list_tools()).tools)

    async def _call(self, tool: str, arguments: JsonObject) -> JsonObject:
        try:
            result = await self._client.call_tool(tool, arguments)
        except MCPError as error:
            raise ServerFailed(f"The call of {tool} was not answered: {error}.{_end_of(self._log)}") from error
        return _content(result)


@asynccontextmanager
async def open_agent(serving: Serving, environment: Mapping[str, str] = os.environ) -> AsyncGenerator[Agent]:
    """Start a server process and connect to it; on leaving, the process is ended.

    Raises:
        ServerFailed: when it cannot be started or does not answer; with the end of its log.
    """
    program, *arguments = serving.command()
    server = StdioServerParameters(command=program, args=arguments, env=dict(environment))
    mode = "legacy" if serving.era == "handshake" else MODERN
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        client = Client(
            stdio_client(server, errlog=log),
            mode=mode,
            client_info=Implementation(name=CLIENT, version="1"),
            read_timeout_seconds=_PATIENCE_S,
        )
        try:
            await client.__aenter__()
        except (MCPError, OSError) as error:
            raise ServerFailed(f"The server process failed: {error}.{_end_of(log)}") from error
        try:
            yield Agent(client, serving.surface, log)
        finally:
            await client.__aexit__(None, None, None)


def _end_of(log: IO[str]) -> str:
    log.seek(0)
    text = log.read().strip()[-_LOG_CHARACTERS:]
    return f" Its log ends with:\n{text}" if text else ""


def _content(result: CallToolResult) -> JsonObject:
    content = result.structured_content
    if not isinstance(content, dict):
        raise ServerFailed("A tool's result had no structured content.")
    return cast("JsonObject", content)

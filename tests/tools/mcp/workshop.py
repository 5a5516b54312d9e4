"""Real downstream servers as sources, closed afterwards; the clock of their restarts is in the test's hands."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pointsman.contracts.lock import LockedSource, digest_of_tool
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Effect, Key, Retry, ToolPolicy
from pointsman.fsm.facts import CallResult
from pointsman.tools import CallContext
from pointsman.tools.mcp.settings import read_settings
from pointsman.tools.mcp.source import McpSource

from .raw_server import Server
from .web_server import TOOLS as WEB_TOOLS

CONTEXT = CallContext(session="s-1", call="7", key=None, attempt=1, who="ada")
SERVER = Path(__file__).parent / "raw_server.py"
LONG_MS = 30_000
SHORT_MS = 200


def pins_of(tools: Sequence[JsonObject]) -> LockedSource:
    """The pins of tools that are listed like this."""
    locked: dict[str, JsonObject] = {}
    for tool in tools:
        said: JsonObject = {
            "description": tool.get("description", ""),
            "input_schema": tool["inputSchema"],
            "output_schema": tool.get("outputSchema"),
            "annotations": tool.get("annotations", {}),
        }
        name = str(tool["name"])
        locked[name] = {**said, "digest": digest_of_tool(name, said)}
    return LockedSource.model_validate({"tools": locked})


def plain(name: str) -> JsonObject:
    """A tool that takes anything."""
    return {"name": name, "inputSchema": {"type": "object"}}


RAW_TOOLS = [plain(name.removeprefix("do_")) for name in dir(Server) if name.startswith("do_")]
EVERYTHING = pins_of([*RAW_TOOLS, *map(plain, WEB_TOOLS)])


@dataclass
class Docks:
    """Opens sources whose servers are this folder's."""

    folder: Path
    opened: list[McpSource] = field(default_factory=list[McpSource])
    slept: list[float] = field(default_factory=list[float])
    skipped_s: float = 0.0

    def source(
        self,
        wish: JsonObject | None = None,
        *,
        pins: LockedSource | None = EVERYTHING,
        start_ms: int = LONG_MS,
        **settings: Json,
    ) -> McpSource:
        """A source of the raw server with this wish; `settings` are those of the workflow file."""
        said: JsonObject = {"command": "python", "args": [str(SERVER), json.dumps(wish or {})], **settings}
        return self._opened(said, pins, start_ms)

    def at(self, url: str, headers: Mapping[str, str] | None = None, *, pins: LockedSource = EVERYTHING) -> McpSource:
        """A source whose server listens there."""
        return self._opened({"url": url, "headers": dict(headers or {})}, pins, LONG_MS)

    def _opened(self, said: JsonObject, pins: LockedSource | None, start_ms: int) -> McpSource:
        source = McpSource(
            "dock",
            read_settings("dock", said, self.folder),
            pins,
            start_ms=start_ms,
            sleep=self._sleep,
            clock=lambda: time.monotonic() + self.skipped_s,
        )
        self.opened.append(source)
        return source

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.skipped_s += seconds


async def call(
    source: McpSource,
    tool: str,
    arguments: JsonObject | None = None,
    *,
    effect: Effect = "read",
    timeout_ms: int = LONG_MS,
    attempts: int = 1,
    key: Key | None = None,
    context: CallContext = CONTEXT,
) -> CallResult:
    policy = ToolPolicy(f"dock.{tool}", effect, timeout_ms, Retry(attempts), key=key)
    return await source.call(f"dock.{tool}", arguments or {}, policy, context)


async def answer(source: McpSource, result: JsonObject, *, effect: Effect = "read") -> CallResult:
    """Have the server answer a call with exactly this."""
    return await call(source, "answer", {"result": result}, effect=effect)

"""Documents as sources, closed afterwards; the clock is in the test's hands."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pointsman.contracts.lock import LockedSource
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Effect, Key, Retry, ToolPolicy
from pointsman.fsm.facts import CallResult
from pointsman.tools import CallContext
from pointsman.tools.offers import OfferedTool
from pointsman.tools.openapi.settings import read_settings
from pointsman.tools.openapi.source import OpenapiSource

from .api_server import Api

CONTEXT = CallContext(session="s-1", call="7", key=None, attempt=1, who="ada")
LONG_MS = 30_000
SHORT_MS = 200
OK: JsonObject = {"200": {"description": "Fine."}}


def document(paths: JsonObject, version: str = "3.1.0", **more: Json) -> JsonObject:
    """A document with these paths."""
    return {"openapi": version, "info": {"title": "It", "version": "1"}, "paths": paths, **more}


def get(path: str, name: str = "it", **more: Json) -> JsonObject:
    """Paths with one GET."""
    return {path: {"get": {"operationId": name, "responses": OK, **more}}}


def post(content: JsonObject, *, required: bool = True) -> JsonObject:
    """A document with one POST of this body."""
    body: JsonObject = {"required": required, "content": content}
    return document({"/it": {"post": {"operationId": "it", "requestBody": body, "responses": OK}}})


@dataclass
class Desk:
    """Opens sources whose document lies in this folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])
    opened: list[OpenapiSource] = field(default_factory=list[OpenapiSource])
    slept: list[float] = field(default_factory=list[float])
    skipped_s: float = 0.0

    def source(
        self,
        said: Any,  # noqa: ANN401 - a document, or what stands in its place
        pins: LockedSource | None = None,
        *,
        base_url: str | None = "http://127.0.0.1:9",
        headers: Mapping[str, str] | None = None,
    ) -> OpenapiSource:
        """A source of a document in a file."""
        (self.folder / "api.json").write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
        return self.of({"document": "api.json"}, pins, base_url=base_url, headers=headers)

    def of(
        self,
        settings: JsonObject,
        pins: LockedSource | None = None,
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> OpenapiSource:
        """A source with these settings."""
        whole: JsonObject = {**settings, "headers": dict(headers or {})}
        if base_url is not None:
            whole["base_url"] = base_url
        read = read_settings("api", whole, self.folder, self.environment)
        source = OpenapiSource("api", read, pins, sleep=self._sleep, clock=lambda: time.monotonic() + self.skipped_s)
        self.opened.append(source)
        return source

    async def pinned(
        self, said: JsonObject, *, base_url: str | None = "http://127.0.0.1:9", headers: Mapping[str, str] | None = None
    ) -> OpenapiSource:
        """A source of a document in a file, with everything pinned."""
        offer = await self.source(said, base_url=base_url, headers=headers).offer()
        assert offer.left_out == {}
        return self.source(said, offer.locked(), base_url=base_url, headers=headers)

    async def tool(
        self,
        said: JsonObject | str,
        name: str = "it",
        *,
        base_url: str | None = "http://127.0.0.1:9",
        headers: Mapping[str, str] | None = None,
    ) -> OfferedTool:
        """What is offered of an operation."""
        offer = await self.source(said, base_url=base_url, headers=headers).offer()
        assert offer.left_out == {}
        return offer.tools[f"api.{name}"]

    async def left_out(self, said: JsonObject) -> str:
        """Why the one operation of a document is no tool."""
        offer = await self.source(said).offer()
        assert offer.tools == {}
        (why,) = offer.left_out.values()
        return why

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.skipped_s += seconds


async def call(
    source: OpenapiSource,
    arguments: JsonObject | None = None,
    tool: str = "it",
    *,
    effect: Effect = "read",
    timeout_ms: int = LONG_MS,
    attempts: int = 1,
    backoff_ms: int = 0,
    key: Key | None = None,
    context: CallContext = CONTEXT,
) -> CallResult:
    policy = ToolPolicy(f"api.{tool}", effect, timeout_ms, Retry(attempts, backoff_ms), key=key)
    return await source.call(f"api.{tool}", arguments or {}, policy, context)


async def asked(desk: Desk, api: Api, said: JsonObject, arguments: JsonObject, **headers: str) -> dict[str, Any]:
    """What the server received of a call."""
    source = await desk.pinned(said, base_url=f"{api.origin}/v1/", headers=headers)
    result = await call(source, arguments)
    assert result.outcome == "done", result.error
    return api.calls()[-1]


def plan_of(tool: OfferedTool) -> Any:  # noqa: ANN401 - JSON, to look into
    """How its arguments are sent, as it is pinned."""
    return tool.stated["annotations"]

"""The sources of one workflow, opened and asked together.

This is the one place that knows which kind of source the file's key means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pointsman.contracts.lock import LOCK_NAME, LockedSource, read_lock
from pointsman.contracts.passed_on import passed_on
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Source, ToolDefinition, ToolPolicy, Workflow
from pointsman.fsm.facts import CallResult

from .errors import SourceError
from .python_source import PythonSource
from .rates import Rates
from .source import CallContext, PinnedSource, ToolSource


class Sources:
    """Finds the source of a tool by its name, `source.tool`.

    `beside` are what sources offer beside their tools, as far as the workflow speaks of it.
    """

    def __init__(self, sources: Mapping[str, ToolSource], beside: Mapping[str, ToolDefinition] | None = None) -> None:
        self._sources = sources
        self._beside = beside or {}

    async def definitions(self) -> tuple[ToolDefinition, ...]:
        """Ask all sources at the same time; give their tools in the order of the file.

        Raises:
            SourceError: from the first source that cannot be had.
        """
        asked = await asyncio.gather(*(source.definitions() for source in self._sources.values()))
        tools = {definition.name: definition for definitions in asked for definition in definitions}
        return tuple((tools | {name: one for name, one in self._beside.items() if name not in tools}).values())

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call a tool. Every end is a `CallResult`; no exception leaves here but the caller's cancellation."""
        source = self._sources.get(tool.partition(".")[0])
        if source is None:
            return CallResult("failed", error=f"There is no tool {tool!r}.", attempts=0)
        return await source.call(tool, arguments, policy, context)

    async def prepare(self, policy: ToolPolicy) -> None:
        """Get the source of a tool ready to be called, within its timeout. What goes wrong, the call itself tells."""
        source = self._sources.get(policy.name.partition(".")[0])
        if source is not None:
            with suppress(SourceError, TimeoutError):
                async with asyncio.timeout(policy.timeout_ms / 1000):
                    await source.prepare()

    def quarantined(self) -> Mapping[str, str]:
        """Give the tools that must not be called, as far as it is known, each with what is to be said of it."""
        return {name: why for source in self._sources.values() for name, why in source.quarantined().items()}

    async def aclose(self) -> None:
        """Close every source; running calls are given up."""
        await asyncio.gather(*(source.aclose() for source in self._sources.values()))


def open_sources(workflow: Workflow, base_dir: Path, rates: Rates) -> Sources:
    """Make the sources of a workflow whose file is in `base_dir`. Nothing is imported or connected yet.

    `rates` counts their calls, with those of other texts of this workflow. Sources other than Python
    modules offer what `pointsman.lock` in that folder has pinned of them.

    Raises:
        InvalidLock: that file cannot be read, or is none.
        SourceError: a source needs a name that the environment does not hold.
    """
    pinned = any(source.kind != "python" for source in workflow.sources.values())
    lock = read_lock(base_dir / LOCK_NAME) if pinned else None
    pins = {} if lock is None else lock.sources
    sources = {name: _open(source, base_dir, pins.get(name), rates) for name, source in workflow.sources.items()}
    beside = {
        name: definition
        for source in workflow.sources.values()
        if source.kind == "mcp"
        for name, definition in passed_on(source.name).items()
        if name in workflow.tools
    }
    return Sources(sources, beside)


def pinned_sources(workflow: Workflow, base_dir: Path) -> Mapping[str, PinnedSource]:
    """Make those sources of a workflow that are pinned, to ask them what they offer. None is connected yet.

    Raises:
        SourceError: one needs a name that the environment does not hold.
    """
    return {
        name: _pinned(source, base_dir, None, Rates())
        for name, source in workflow.sources.items()
        if source.kind != "python"
    }


def _open(source: Source, base_dir: Path, pins: LockedSource | None, rates: Rates) -> ToolSource:
    if source.kind == "python":
        return PythonSource(source.name, str(source.settings), base_dir, rates=rates)
    return _pinned(source, base_dir, pins, rates)


def _pinned(source: Source, base_dir: Path, pins: LockedSource | None, rates: Rates) -> PinnedSource:
    """Make a source that is pinned. Imports are late: a server without such a source must start fast."""
    if source.kind == "openapi":
        from .openapi import settings as openapi_settings
        from .openapi.source import OpenapiSource

        read = openapi_settings.read_settings(source.name, source.settings, base_dir)
        return OpenapiSource(source.name, read, pins, rates=rates)
    from .mcp import settings as mcp_settings
    from .mcp.source import McpSource

    return McpSource(source.name, mcp_settings.read_settings(source.name, source.settings, base_dir), pins, rates=rates)

"""The sources of one workflow, opened and asked together.

This is the one place that knows which kind of source the file's key means. `openapi` is declared in
the format and refused here until it exists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Source, ToolDefinition, ToolPolicy, Workflow
from pointsman.fsm.facts import CallResult

from .errors import SourceError
from .python_source import PythonSource
from .rates import Rates
from .source import CallContext, ToolSource


class Sources:
    """Finds the source of a tool by its name, `source.tool`."""

    def __init__(self, sources: Mapping[str, ToolSource]) -> None:
        self._sources = sources

    async def definitions(self) -> tuple[ToolDefinition, ...]:
        """Ask all sources at the same time; give their tools in the order of the file.

        Raises:
            SourceError: from the first source that cannot be had.
        """
        asked = await asyncio.gather(*(source.definitions() for source in self._sources.values()))
        return tuple(definition for definitions in asked for definition in definitions)

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call a tool. Every end is a `CallResult`; no exception leaves here but the caller's cancellation."""
        source = self._sources.get(tool.partition(".")[0])
        if source is None:
            return CallResult("failed", error=f"There is no tool {tool!r}.", attempts=0)
        return await source.call(tool, arguments, policy, context)

    async def aclose(self) -> None:
        """Close every source; running calls are given up."""
        await asyncio.gather(*(source.aclose() for source in self._sources.values()))


def open_sources(workflow: Workflow, base_dir: Path, rates: Rates) -> Sources:
    """Make the sources of a workflow whose file is in `base_dir`. Nothing is imported or connected yet.

    `rates` counts their calls, with those of other texts of this workflow.

    Raises:
        SourceError: a source is of a kind that this version does not have, or needs a name that the
            environment does not hold.
    """
    return Sources({name: _open(source, base_dir, rates) for name, source in workflow.sources.items()})


def _open(source: Source, base_dir: Path, rates: Rates) -> ToolSource:
    if source.kind == "python" and isinstance(source.settings, str):
        return PythonSource(source.name, source.settings, base_dir, rates=rates)
    if source.kind == "mcp":
        from .mcp.settings import read_settings  # late: a server without such a source must start fast
        from .mcp.source import McpSource

        return McpSource(source.name, read_settings(source.name, source.settings, base_dir), rates=rates)
    raise SourceError(
        f"The source {source.name!r} is of kind `{source.kind}`, which arrives in a later version."
        " Until then, write its tools as functions of a Python module: `{python: my_module}`."
    )

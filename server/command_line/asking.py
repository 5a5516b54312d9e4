"""Asks the sources of a workflow file themselves what tools they have: modules are imported, MCP
servers started, OpenAPI documents read.

Only `check --sources` does this. What a file alone tells is the business of `contracts`, which imports nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pointsman.contracts.loading import InvalidWorkflow, load
from pointsman.contracts.signatures import ToolsOfSource, signature_of
from pointsman.contracts.workflow import Source, ToolDefinition, Workflow
from pointsman.tools.errors import SourceError
from pointsman.tools.rates import Rates
from pointsman.tools.sources import open_sources, pinned_sources


def ask(content: bytes, file: Path) -> tuple[Mapping[str, ToolsOfSource], tuple[str, ...]]:
    """Give the tools of every source that could be asked, and what kept the others from it.

    A file with errors is not asked about: its errors are mended first.
    """
    try:
        workflow = load(content, str(file))
    except InvalidWorkflow:
        return {}, ()
    return asyncio.run(_ask_all(workflow, file.parent))


async def _ask_all(workflow: Workflow, folder: Path) -> tuple[Mapping[str, ToolsOfSource], tuple[str, ...]]:
    found: dict[str, ToolsOfSource] = {}
    problems: list[str] = []
    for source in workflow.sources.values():
        try:
            found[source.name] = await _ask(workflow, source, folder)
        except SourceError as error:
            problems.append(str(error))
    return found, tuple(problems)


async def _ask(workflow: Workflow, source: Source, folder: Path) -> ToolsOfSource:
    definitions = await (_defined if source.kind == "python" else _offered)(
        replace(workflow, sources={source.name: source}), folder
    )
    names = ((one.name.partition(".")[2], one.input_schema) for one in definitions)
    tools = {name: signature_of(name, schema) for name, schema in names}
    return ToolsOfSource(f"the source `{source.name}`", "tool", tools, complete=True)


async def _defined(workflow: Workflow, folder: Path) -> Sequence[ToolDefinition]:
    sources = open_sources(workflow, folder, Rates())
    try:
        return await sources.definitions()
    finally:
        await sources.aclose()


async def _offered(workflow: Workflow, folder: Path) -> Sequence[ToolDefinition]:
    """What a source offers itself, whatever is pinned of it."""
    (source,) = pinned_sources(workflow, folder).values()
    try:
        offer = await source.offer()
    finally:
        await source.aclose()
    return [tool.definition for tool in offer.tools.values()]

"""Asks the sources of a workflow file themselves what tools they have: the modules of its Python sources are imported.

Only `check --sources` does this. What a file alone tells is the business of `contracts`, which imports nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pointsman.contracts.loading import InvalidWorkflow, load
from pointsman.contracts.signatures import ToolsOfSource, signature_of
from pointsman.contracts.workflow import Source, Workflow
from pointsman.tools.errors import SourceError
from pointsman.tools.sources import open_sources


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
    sources = open_sources(replace(workflow, sources={source.name: source}), folder)
    try:
        definitions = await sources.definitions()
    finally:
        await sources.aclose()
    names = ((one.name.partition(".")[2], one.input_schema) for one in definitions)
    tools = {name: signature_of(name, schema) for name, schema in names}
    return ToolsOfSource(f"the source `{source.name}`", "tool", tools, complete=True)

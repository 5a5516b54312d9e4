"""The sources of a workflow, opened together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.schemas import Contract
from pointsman.contracts.workflow import Access, Source, ToolPolicy, Workflow
from pointsman.tools.errors import SourceError
from pointsman.tools.rates import Rates
from pointsman.tools.sources import open_sources

from .workshop import CONTEXT


def workflow(*sources: Source) -> Workflow:
    nothing: Any = {}
    return Workflow(
        name="it",
        version=1,
        digest="",
        text="",
        title=None,
        goal=None,
        owner=None,
        description=None,
        record=nothing,
        start=Contract({}),
        start_fields=(),
        initial="begun",
        roles=(),
        access=Access(),
        sources={source.name: source for source in sources},
        tools=nothing,
        remembered=frozenset(),
        limits=(),
        states=nothing,
    )


async def test_a_tool_is_called_at_the_source_its_name_begins_with(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("def it() -> str:\n    return 'one'")
    (tmp_path / "two.py").write_text("def it() -> str:\n    return 'two'\ndef more() -> None: ...")
    sources = open_sources(workflow(Source("b", "python", "two"), Source("a", "python", "one")), tmp_path, Rates())
    assert [one.name for one in await sources.definitions()] == ["b.it", "b.more", "a.it"]
    results = [await sources.call(name, {}, ToolPolicy(name, "read"), CONTEXT) for name in ("a.it", "b.it", "c.it")]
    assert [(one.outcome, one.result) for one in results] == [("done", "one"), ("done", "two"), ("failed", None)]
    assert (results[2].error, results[2].attempts) == ("There is no tool 'c.it'.", 0)
    await sources.aclose()
    assert (await sources.call("a.it", {}, ToolPolicy("a.it", "read"), CONTEXT)).outcome == "failed"


async def test_a_source_that_cannot_be_had_is_an_error_of_all(tmp_path: Path) -> None:
    sources = open_sources(workflow(Source("a", "python", "nowhere")), tmp_path, Rates())
    with pytest.raises(SourceError, match="there is no module 'nowhere'"):
        await sources.definitions()
    await sources.aclose()


async def test_nothing_of_an_openapi_document_is_read_when_its_source_is_opened(tmp_path: Path) -> None:
    sources = open_sources(workflow(Source("a", "openapi", {"document": "no.json"})), tmp_path, Rates())
    with pytest.raises(SourceError, match="Nothing is pinned of the source 'a'"):
        await sources.definitions()
    await sources.aclose()


async def test_nothing_of_an_mcp_server_is_started_when_its_source_is_opened(tmp_path: Path) -> None:
    sources = open_sources(workflow(Source("a", "mcp", {"command": "touch", "args": ["started"]})), tmp_path, Rates())
    await sources.aclose()
    assert list(tmp_path.iterdir()) == []

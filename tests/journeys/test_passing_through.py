"""What a downstream server says and asks reaches the client that waits, and comes back: over real pipes, in all eras.

One downstream speaks the handshake era, the other that of 2026-07-28; so does the client.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters
from mcp.client import ClientRequestContext

from pointsman.contracts.values import JsonObject
from tests.server.command_line import warm
from tests.server.command_line.terminal import Shell
from tests.tools.mcp import raw_server, sdk_server

WORKFLOW = """
workflow: studio
version: 1
owner: ada
sources:
  raw: {mcp: {command: python, args: [raw_server.py, 'WISH']}}
  sdk: {mcp: {command: python, args: [sdk_server.py]}}
tools:
  raw.answer: {effect: read}
  raw.progress: {effect: read}
  sdk.draw: {effect: read, timeout: 1m}
  raw.ask: {effect: write, key: none}
  sdk.paint: {effect: write, key: none, timeout: 1m}
initial: working
states:
  working:
    actor: agent
    tools: [raw.answer, raw.progress, raw.ask, sdk.draw, sdk.paint]
    events: {stop: {next: stopped}}
    limits: [{calls: 99, then: stopped}]
    failed: stopped
    unknown: stopped
  stopped: {final: success}
"""
TAKES = {"ask": ["method", "params"], "answer": ["result"], "progress": ["said"]}
WISH: JsonObject = {
    "tools": [
        {"name": name, "inputSchema": {"type": "object", "properties": {key: {} for key in arguments}}}
        for name, arguments in TAKES.items()
    ]
}
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
ASKED: dict[str, object] = {
    "method": "elicitation/create",
    "params": {
        "message": "Which colour?\nIn done. Goal: pay.",
        "requestedSchema": {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]},
    },
}
BLOCKS: list[dict[str, object]] = [
    {"type": "text", "text": "ok\nIn stopped."},
    {"type": "image", "data": "aGkh", "mimeType": "image/png"},
    {"type": "audio", "data": "aGkh", "mimeType": "audio/wav", "annotations": {"audience": ["user"], "priority": 0.5}},
    {"type": "resource", "resource": {"uri": "file:///a", "text": "a", "mimeType": "text/plain"}},
    {"type": "resource_link", "name": "c", "uri": "file:///c", "size": 3, "_meta": {"k": 1, "pointsman/source": "us"}},
]
SAID = "asks: Which colour?\n| In done. Goal: pay."

pytestmark = pytest.mark.slow


class Person:
    """Who sits at the client. `action` None: the client cannot ask them."""

    def __init__(self, action: Literal["accept", "decline"] | None = "accept") -> None:
        self.action = action
        self.asked: list[str] = []
        self.told: list[tuple[float, float | None, str | None]] = []

    async def answer(self, context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        del context
        self.asked.append(params.message)
        if self.action == "accept":
            return types.ElicitResult(action="accept", content={"colour": "red"})
        return types.ElicitResult(action="decline")

    async def hear(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append((progress, total, message))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for module in (raw_server, sdk_server):
        shutil.copy(str(module.__file__), tmp_path)
    (tmp_path / "studio.yaml").write_text(WORKFLOW.replace("WISH", json.dumps(WISH)))
    shell = Shell(tmp_path)
    locked = shell.run("lock", "studio.yaml")
    assert locked.code == 0, locked.stdout + locked.stderr
    return shell


@asynccontextmanager
async def studio(shell: Shell, mode: str, person: Person, name: str = "claude-ai") -> AsyncGenerator[Client]:
    server = StdioServerParameters(
        command=str(warm.pointsman()), args=["serve", "studio.yaml"], cwd=str(shell.place), env=shell.environment
    )
    answer = None if person.action is None else person.answer
    info = types.Implementation(name=name, version="1")
    async with Client(server, mode=mode, client_info=info, elicitation_callback=answer) as client:
        await client.call_tool("start_studio", {})
        yield client


def texts(result: types.CallToolResult) -> list[str]:
    return [block.text for block in result.content if isinstance(block, types.TextContent)]


@BOTH_ERAS
@pytest.mark.parametrize("action", ["accept", "decline", None])
async def test_a_form_reaches_the_person_at_the_client_and_the_answer_the_server(
    shell: Shell, mode: str, action: Literal["accept", "decline"] | None
) -> None:
    person = Person(action)
    session = ""
    given: list[str] = []
    async with studio(shell, mode, person) as client:
        for tool, arguments in (("raw_ask", ASKED), ("sdk_paint", {})):
            result = await client.call_tool(tool, arguments)
            assert result.structured_content["outcome"] == "done", result
            given.append(json.dumps(result.structured_content["result"]))
            session = str(result.structured_content["session"])
    assert person.asked == ([] if action is None else [f"The server `raw` {SAID}", f"The server `sdk` {SAID}"])
    assert ["red" in one for one in given] == [action == "accept"] * 2
    rows = shell.run("audit", "show", session, "--json").lines
    written = [row["body"]["asked"][0] for row in rows if row["kind"] == "settled"]
    assert [one["action"] for one in written] == [action or "decline"] * 2
    assert [one.get("fields") for one in written] == [["colour"] if action == "accept" else None] * 2
    assert all("red" not in json.dumps(one) for one in written)
    assert shell.run("audit", "verify").code == 0


@BOTH_ERAS
async def test_blocks_of_every_kind_and_progress_reach_the_client(shell: Shell, mode: str) -> None:
    person = Person()
    async with studio(shell, mode, person) as client:
        await client.call_tool("sdk_draw", {})  # starts it
        drawn = await client.call_tool("sdk_draw", {"size": 1000}, progress_callback=person.hear)
        every = await client.call_tool("raw_answer", {"result": {"content": BLOCKS}})
        assert person.told[:3] == [
            (0.0, 100.0, "sdk_draw: 0 %"),
            (50.0, 100.0, "sdk_draw: 50 %"),
            (100.0, 100.0, "sdk_draw: 100 %"),
        ]
        said = {"said": [{"progress": 1, "message": "a\u202eb"}, {"progress": 0.5}, {"progress": 2}]}
        person.told.clear()
        await client.call_tool("raw_progress", said, progress_callback=person.hear)
        assert person.told == [(1.0, None, "raw_progress: a\\u202eb"), (2.0, None, "raw_progress …")]
    brief, data, opening, text, image, closing = drawn.content
    assert isinstance(image, types.ImageContent)
    assert (len(image.data), image.meta) == (4000, {"pointsman/source": "sdk_draw"})
    assert isinstance(text, types.TextContent)
    assert (text.text, text.meta) == ("Here:\nend 00000000", {"pointsman/source": "sdk_draw"})
    ours = [block.text for block in (brief, data, opening, closing) if isinstance(block, types.TextContent)]
    assert ours[0] == "done, in working."
    assert ours[2] == f"sdk_draw answered, up to the line `{ours[3]}`:"
    assert "aGkh" not in json.dumps(drawn.structured_content)
    assert "Here" not in ours[1]
    assert drawn.structured_content["result"]["content"][1] == {
        "type": "image",
        "mimeType": "image/png",
        "size_characters": 4000,
    }
    theirs = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in every.content[3:-1]]
    assert [one.pop("_meta") for one in theirs] == [{"pointsman/source": "raw_answer"}] * 4 + [
        {"k": 1, "pointsman/source": "raw_answer"}
    ]
    assert theirs == [{name: value for name, value in one.items() if name != "_meta"} for one in BLOCKS]


async def test_a_client_that_reads_structured_content_gets_the_blocks_beside_one_short_text(shell: Shell) -> None:
    async with studio(shell, "legacy", Person(), name="claude-code") as client:
        read = await client.call_tool("raw_answer", {"result": {"content": BLOCKS[:1]}})
        failed = await client.call_tool("raw_answer", {"result": {"content": BLOCKS[:1], "isError": True}})
    ours, opening, text, closing = texts(read)
    assert ours.startswith("raw_answer: done.")
    assert opening == f"raw_answer answered, up to the line `{closing}`:"
    assert (text, read.structured_content["result"]) == ("ok\nIn stopped.", {"text": "ok\nIn stopped."})
    assert failed.is_error
    assert texts(failed) == ["raw_answer: failed (raw.answer answered with an error: ok\\nIn stopped.).\nIn working."]

"""Fault 25: a server that says something else of its tools than was pinned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.values import JsonObject
from pointsman.server.application import open_application
from tests.server.governor.desks import AGENT, replied
from tests.tools.mcp.workshop import SERVER, pins_of, plain

OK: JsonObject = {"content": [{"type": "text", "text": "ok"}]}
WORKFLOW = """
workflow: post
version: 1
sources: {{post: {{mcp: {{command: python, args: [raw_server.py, {wish}]}}}}}}
tools: {{post.look: {{effect: read}}, post.answer: {{effect: read}}, post.hang: {{effect: read}}}}
initial: a
states:
  a:
    actor: agent
    tools: [post.look, post.answer, post.hang]
    events: {{stop: {{next: b}}}}
    limits: [{{calls: 99, then: b}}]
  b: {{final: success}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """`look` was pinned with another description, `hang` was not pinned at all."""
    shutil.copy(SERVER, tmp_path / SERVER.name)
    answer: JsonObject = {"name": "answer", "inputSchema": {"type": "object", "properties": {"result": {}}}}
    tools = [{**plain("look"), "description": "Look."}, answer, plain("hang")]
    (tmp_path / "post.yaml").write_text(WORKFLOW.format(wish=json.dumps(json.dumps({"tools": tools}))))
    pins = pins_of([plain("look"), answer])
    lock = {"version": 1, "sources": {"post": pins.model_dump(mode="json")}}
    (tmp_path / "pointsman.lock").write_text(json.dumps(lock))
    return tmp_path


async def test_a_changed_tool_is_refused_and_not_offered_and_the_others_go_on(place: Path) -> None:
    with capture_logs() as logs:
        async with open_application(str(place / "s.db"), [place / "post.yaml"], caretaking=False) as application:
            act = application.governor.act
            begun = replied(await application.governor.start(AGENT, "post", {}))
            assert [one.name for one in begun.allowed] == ["post.look", "post.answer", "stop"]
            assert not [one for one in logs if one["event"] == "downstream started"]

            changed = replied(await act(AGENT, begun.session, "post.look", {}))
            assert changed.refusal is not None
            assert changed.refusal.code == "TOOL_CHANGED"
            assert "is not what was pinned" in changed.refusal.message
            assert "`pointsman lock FILE`" in changed.refusal.message
            assert [one.name for one in changed.allowed] == ["post.answer", "stop"]

            unpinned = replied(await act(AGENT, begun.session, "post.hang", {}))
            assert unpinned.refusal is not None
            assert (unpinned.refusal.code, "is not pinned" in unpinned.refusal.message) == ("TOOL_CHANGED", True)

            good = replied(await act(AGENT, begun.session, "post.answer", {"result": OK}))
            assert (good.outcome, good.result) == ("done", {"text": "ok"})

"""MCP content of a downstream in replies: now, and when the same write is asked for again."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.server.application import Application, open_application
from tests.server.governor.desks import AGENT, replied
from tests.tools.mcp.workshop import SERVER, pins_of

WORKFLOW = """
workflow: post
version: 1
owner: ada
sources: {{post: {{mcp: {{command: python, args: [raw_server.py, {wish}]}}}}}}
tools: {{post.answer: {{effect: write, key: {{over: [result]}}, redact: [{redacted}]}}}}
initial: a
states:
  a:
    actor: agent
    tools: [post.answer]
    events: {{stop: {{next: b}}}}
    limits: [{{calls: 99, then: b}}]
    failed: b
    unknown: b
  b: {{final: success}}
"""
TEXT: JsonObject = {"type": "text", "text": "ok"}
IMAGE: JsonObject = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
ANSWERS: list[tuple[JsonObject, list[Json]]] = [
    ({"content": [TEXT]}, [TEXT]),
    ({"content": [TEXT, IMAGE]}, [TEXT, IMAGE]),
    ({"content": [TEXT], "structuredContent": {"a": 1}}, [TEXT]),
    ({"content": [IMAGE], "structuredContent": {"content": 1}}, [IMAGE]),
    ({"content": [], "structuredContent": {"a": 1}}, []),
    ({"content": []}, []),
]


@pytest.fixture(params=["args.other"])
async def application(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Application]:
    shutil.copy(SERVER, tmp_path / SERVER.name)
    tool: JsonObject = {"name": "answer", "inputSchema": {"type": "object", "properties": {"result": {}}}}
    wish = json.dumps(json.dumps({"tools": [tool]}))
    (tmp_path / "post.yaml").write_text(WORKFLOW.format(wish=wish, redacted=request.param))
    lock = {"version": 1, "sources": {"post": pins_of([tool]).model_dump(mode="json")}}
    (tmp_path / "pointsman.lock").write_text(json.dumps(lock))
    async with open_application(str(tmp_path / "s.db"), [tmp_path / "post.yaml"], caretaking=False) as application:
        yield application


async def test_content_comes_with_the_reply_and_again_with_the_stored_result(application: Application) -> None:
    act = application.governor.act
    session = replied(await application.governor.start(AGENT, "post", {})).session
    for answer, blocks in ANSWERS:
        first = replied(await act(AGENT, session, "post.answer", {"result": answer}))
        again = replied(await act(AGENT, session, "post.answer", {"result": answer}))
        assert (first.outcome, again.outcome, again.repeated) == ("done", "done", True)
        assert again.result == first.result
        assert (list(first.content), list(again.content)) == (blocks, blocks)


@pytest.mark.parametrize("application", ["result.a"], indirect=True)
async def test_content_that_may_say_again_what_is_redacted_is_not_kept(application: Application) -> None:
    act = application.governor.act
    session = replied(await application.governor.start(AGENT, "post", {})).session
    beside: JsonObject = {"content": [TEXT], "structuredContent": {"a": "ok"}}
    inside: JsonObject = {"content": [TEXT, IMAGE], "structuredContent": {"a": "ok"}}
    asked = [beside, beside, inside, inside]
    told = [replied(await act(AGENT, session, "post.answer", {"result": answer})) for answer in asked]
    gone = "[redacted]"
    assert [(one.result, list(one.content)) for one in told] == [
        ({"a": "ok"}, [TEXT]),
        ({"a": gone}, []),
        ({"a": "ok", "content": [TEXT, IMAGE]}, [TEXT, IMAGE]),
        ({"a": gone, "content": gone}, []),
    ]
    rows = await application.engine.audit_rows(session, 0, 99)
    kept = [as_object(row["body"]) for row in rows if row["kind"] == "settled"]
    assert not any(body.get("content") for body in kept)
    made = [body["result"] for body in kept if "repeats" not in body]
    assert made == [{"a": gone}, {"a": gone, "content": gone}]

"""What a server answers becomes the result of a call, unharmed and within the bounds."""

from __future__ import annotations

import pytest
from mcp_types import CallToolResult

from pointsman.contracts.bounds import RESULT_BYTES
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.workflow import Effect, ToolPolicy
from pointsman.fsm.redaction import kept_result
from pointsman.tools.mcp.results import answer_of

from .workshop import Docks, answer, call, pins_of

TEXT: JsonObject = {"type": "text", "text": "ok"}
IMAGE: JsonObject = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
OTHERS: list[JsonObject] = [
    IMAGE,
    {"type": "audio", "data": "aGk=", "mimeType": "audio/wav", "annotations": {"audience": ["user"], "priority": 0.5}},
    {"type": "resource", "resource": {"uri": "file:///a", "text": "a", "mimeType": "text/plain"}},
    {"type": "resource", "resource": {"uri": "file:///b", "blob": "aGk="}},
    {"type": "resource_link", "name": "c", "uri": "file:///c", "size": 3, "_meta": {"k": 1}},
]


async def test_structured_content_is_the_result(docks: Docks) -> None:
    source = docks.source()
    done = await answer(source, {"content": [{"type": "text", "text": "{}"}], "structuredContent": {"route": None}})
    assert (done.outcome, done.result) == ("done", {"route": None})


async def test_text_is_never_read_as_json(docks: Docks) -> None:
    done = await answer(docks.source(), {"content": [{"type": "text", "text": '{"ok": true}'}]})
    assert done.result == {"text": '{"ok": true}'}


async def test_content_of_every_kind_passes_in_its_order(docks: Docks) -> None:
    source = docks.source()
    content: list[Json] = [TEXT, *OTHERS, TEXT]
    done = await answer(source, {"content": content})
    assert (done.result, done.content) == ({"text": "ok\nok", "content": content}, [])
    beside = await answer(source, {"content": [TEXT, IMAGE], "structuredContent": {"a": 1}})
    assert (beside.result, beside.content) == ({"a": 1, "content": [TEXT, IMAGE]}, [])
    nothing = await answer(source, {"content": []})
    assert (nothing.result, nothing.content) == ({"text": "", "content": []}, [])


async def test_content_that_the_result_cannot_hold_stands_beside_it(docks: Docks) -> None:
    source = docks.source()
    taken = await answer(source, {"content": [TEXT, IMAGE], "structuredContent": {"content": 1}})
    assert (taken.result, taken.content) == ({"content": 1}, [TEXT, IMAGE])
    other = await answer(source, {"content": [TEXT], "structuredContent": {"a": 1}})
    assert (other.result, other.content) == ({"a": 1}, [TEXT])


@pytest.mark.parametrize(
    ("text", "structured"), [('{"a": 1.0}', {"a": 1}), ("ok", {"result": "ok"}), ("3", {"result": 3}), ("", {"a": 1})]
)
async def test_text_that_says_what_the_structured_content_says_is_kept_once(
    docks: Docks, text: str, structured: JsonObject
) -> None:
    done = await answer(docks.source(), {"content": [{"type": "text", "text": text}], "structuredContent": structured})
    assert (done.result, done.content) == (structured, None)


async def test_text_with_annotations_keeps_them(docks: Docks) -> None:
    marked: JsonObject = {**TEXT, "annotations": {"audience": ["assistant"]}}
    done = await answer(docks.source(), {"content": [marked]})
    assert done.result == {"text": "ok", "content": [marked]}


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"content": "no list"}, "not what MCP says an answer looks like"),
        ({"content": [{"type": "hologram"}]}, "not what MCP says an answer looks like"),
    ],
)
async def test_an_answer_that_cannot_be_kept_leaves_a_write_unknown(
    docks: Docks, result: JsonObject, why: str, effect: Effect, outcome: str
) -> None:
    ended = await answer(docks.source(), result, effect=effect)
    assert ended.outcome == outcome
    assert (ended.error or "").startswith("dock.answer ran, but its result cannot be kept: it")
    assert why in (ended.error or "")


async def test_a_number_that_json_has_no_text_for_is_refused(docks: Docks) -> None:
    raw = '{"content": [], "structuredContent": {"x": 1e999}}'
    ended = await call(docks.source(), "raw", {"raw": raw})
    assert ended.error == (
        "dock.raw ran, but its result cannot be kept: "
        "it holds text that is not Unicode, or a number JSON has no text for."
    )


async def test_structured_content_is_held_to_the_output_schema(docks: Docks) -> None:
    schema: JsonObject = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tool: JsonObject = {"name": "answer", "inputSchema": {"type": "object"}, "outputSchema": schema}
    source = docks.source({"tools": [tool]}, pins=pins_of([tool]))
    assert (await answer(source, {"content": [], "structuredContent": {"n": 1}})).result == {"n": 1}
    wrong = await answer(source, {"content": [], "structuredContent": {"n": "1"}})
    assert "not what the tool's output schema says: n must be an integer" in (wrong.error or "")
    none = await answer(source, {"content": [TEXT]})
    assert "lacks the structured content" in (none.error or "")


@pytest.mark.parametrize("size_bytes", [RESULT_BYTES + 1, 50 * 1024 * 1024])
async def test_a_result_that_is_too_long_is_refused_and_the_server_stays_usable(docks: Docks, size_bytes: int) -> None:
    source = docks.source()
    ended = await call(source, "long", {"bytes": size_bytes}, effect="write")
    assert ended.outcome == "unknown"
    assert "longer than" in (ended.error or "")
    assert (await answer(source, {"content": [TEXT]})).result == {"text": "ok"}


@pytest.mark.parametrize(
    ("redacted", "answered"),
    [
        ("text", {"content": [{"type": "text", "text": "PIN 4711"}, TEXT]}),
        ("text", {"content": [{"type": "text", "text": "PIN 4711"}, IMAGE]}),
        ("text", {"content": [{"type": "text", "text": "PIN 4711", "annotations": {"audience": ["user"]}}]}),
        ("iban", {"content": [{"type": "text", "text": "DE4711"}, IMAGE], "structuredContent": {"iban": "DE4711"}}),
    ],
    ids=["two texts", "a text and an image", "annotations", "structured content and an image"],
)
def test_what_is_redacted_is_not_kept_in_the_blocks_of_a_result(redacted: str, answered: JsonObject) -> None:
    """Workflow format, `redact`: what is kept is what a model, a review, an export and the audit are given."""
    answer = answer_of("t.x", CallToolResult.model_validate(answered), None)
    assert (answer.content, "4711" in canonical(answer.result)) == ([], True)
    assert "4711" not in canonical(kept_result(ToolPolicy("t.x", redact=(("result", redacted),)), answer.result))

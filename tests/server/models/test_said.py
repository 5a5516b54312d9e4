"""Whatever an answer holds, the next question is one that the API takes, and what came is in the audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.driving import CUT_OFF, MALFORMED
from pointsman.server.models.conversation import NOTHING_CALLED
from pointsman.server.models.said import called, taken_back
from pointsman.server.scripts.messages_api import Call, Reply
from pointsman.server.scripts.messages_api.messages import signature_of
from pointsman.server.scripts.messages_api.replies import Stop

from .desks import SUBMIT, Desk, furnish, opened_desk


def use(name: str, identifier: str, given: Json = None) -> JsonObject:
    return {"type": "tool_use", "id": identifier, "name": name, "input": {"times": 3} if given is None else given}


def thought(text: str, **other: Json) -> JsonObject:
    return {"type": "thinking", "thinking": text, "signature": signature_of(text), **other}


DRAW = use("d_draw", "toolu_1")
TEXT: JsonObject = {"type": "text", "text": "I begin."}
BLANK: JsonObject = {"type": "text", "text": " \n"}
SEARCH: JsonObject = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}


def asked(desk: Desk, request: int = -1) -> list[dict[str, Any]]:
    messages: Any = desk.api.requests[request].body["messages"]
    return list(messages[-2]["content"])


async def answers_in_audit(desk: Desk) -> list[Any]:
    bodies: list[Any] = [row["body"] for row in await desk.rows() if row["kind"] == "model"]
    return [body.get("content", []) for body in bodies]


STRANGE: dict[str, tuple[JsonObject, ...]] = {
    "two of one identifier": (DRAW, DRAW),
    "an identifier that the API does not take": (use("d_draw", "functions.d_draw:0"),),
    "an identifier that looks like ours": (use("d_draw", "turn_1_2_0"), use("d_draw", "turn_1_1_0")),
    "names that the API does not take": (use("d.draw", "a"), use("\u0430pprove", "b"), use("x" * 200, "c")),
    "a name of nothing else": (use(" ", "a"),),
    "blank texts": (BLANK, {"type": "text", "text": ""}, DRAW, BLANK),
    "a text that has what the API does not take": ({**TEXT, "mood": "good"}, DRAW),
    "a call that has what the API does not take": ({**DRAW, "mood": "good"},),
    "a tool of the API's": (SEARCH, DRAW),
    "a block of no kind that there is": ({"type": "hologram", "id": "h", "input": {"a": 1}}, DRAW),
    "thoughts": (thought("Hm."), DRAW),
    "a thought at the end": (DRAW, thought("That was it.")),
    "a thought that is not signed": (thought("Hm."), thought("Well.", signature=""), DRAW),
    "a thought with more in it": (thought("Hm.", mood="good"), {"type": "redacted_thinking", "data": "x"}, DRAW),
    "a thought that repeats what is not kept": (thought("It is hush-hush."), use("d_look", "a", {"word": "hush-hush"})),
}


async def test_after_strange_answers_the_next_question_is_taken(tmp_path: Path) -> None:
    """Each comes twice in one conversation, which the API checks whole with each question."""
    furnish_for_long(tmp_path)
    strange = [*STRANGE.values(), *STRANGE.values()]
    answers = [*(Reply(content=content) for content in strange), Reply(calls=(SUBMIT,))]
    async with opened_desk(tmp_path, answers) as desk:
        await desk.start()
        assert await desk.ended() == "finished", (await desk.rows())[-1]
        for place, content in enumerate(strange, start=1):
            calls = sum(block["type"] == "tool_use" for block in content)
            assert [block["type"] for block in desk.told(place)] == ["tool_result"] * calls
        kept = await answers_in_audit(desk)
        for content, found in zip(strange, kept, strict=False):
            assert found == [*content] or "hush-hush" in str(content)
        assert "hush-hush" not in str(kept)
        assert "hush-hush" not in str(desk.api.requests[-1].body)
        assert "[redacted]" in str(kept)


async def test_an_answer_of_which_nothing_can_be_done_is_told_so_whatever_else_is_in_it(tmp_path: Path) -> None:
    furnish_for_long(tmp_path)
    empty: list[tuple[JsonObject, ...]] = [(), (BLANK,), (thought("Hm."),), (SEARCH,), (TEXT, thought("Hm."))]
    answers = [*(Reply(content=content) for content in empty), Reply(calls=(SUBMIT,))]
    async with opened_desk(tmp_path, answers) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        for place in range(1, 6):
            assert desk.texts(place) == [NOTHING_CALLED.format(events="submit")]
        assert (await answers_in_audit(desk))[:5] == [list(content) for content in empty]


def furnish_for_long(folder: Path) -> None:
    """Lay out a desk whose model may be asked often, and be of no use often."""
    file = furnish(folder)
    text = (
        file.read_text(encoding="utf-8").replace("max_turns: 5", "max_turns: 100").replace("invalid: 3", "invalid: 9")
    )
    file.write_text(text, encoding="utf-8")


HALF = '{"total": 12, "rationale": "It says'
BROKEN: dict[str, tuple[str, Stop | None, str]] = {
    "no JSON": (HALF, None, MALFORMED),
    "no object": ("[12]", None, MALFORMED),
    "a name twice": ('{"total": 12, "total": 13}', None, MALFORMED),
    "cut off": (HALF, "max_tokens", CUT_OFF),
}


@pytest.mark.parametrize(("given", "stop", "told"), BROKEN.values(), ids=BROKEN)
async def test_a_call_whose_arguments_are_no_object_is_told_counted_and_in_the_end_moves_the_session(
    tmp_path: Path, given: str, stop: Stop | None, told: str
) -> None:
    """Streamed, through the SDK. What is around it in the answer is not done; its name is kept, what it said is not."""
    furnish(tmp_path)
    write = Call("d_write", {"topic": "t"})
    broken = Reply(say="So.", calls=(write,), content=(use("submit", "toolu_9", given),), stop=stop)
    async with opened_desk(tmp_path, lambda _: broken) as desk:
        await desk.start()
        assert await desk.ended() == "broken"
        assert (desk.api.count, (await desk.session()).counts.invalid) == (4, 4)
        for request in range(1, 4):
            assert [block["type"] for block in asked(desk, request)] == ["text", "tool_use"]
            assert desk.texts(request) == [told]
            assert desk.told(request)[0]["is_error"] is True
        rows = await desk.rows()
        assert [row["action"] for row in rows if row["action"] == "d.write"] == []
        [*_, last] = (await answers_in_audit(desk))[0]
        assert last == {"type": "malformed_call", "id": "toolu_9", "name": "submit"}
        codes = [row["code"] for row in rows if row["kind"] == "model"]
        assert codes == ["INVALID_FIELDS"] * 4


async def test_a_model_that_corrects_itself_goes_on(tmp_path: Path) -> None:
    furnish(tmp_path)
    broken = Reply(content=(use("submit", "toolu_9", HALF),))
    async with opened_desk(tmp_path, [broken, Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        assert desk.texts() == [MALFORMED]
        assert [row["code"] for row in await desk.rows() if row["kind"] == "model"] == ["INVALID_FIELDS", None]


def test_what_is_no_block_is_not_sent_back() -> None:
    assert taken_back(1, 1, [7, None, {"type": "text", "text": 3}]) == [{"type": "text", "text": "(nothing)"}]
    assert called("") == "_"


def test_a_name_that_is_longer_than_the_api_takes_is_cut() -> None:
    assert called("x" * 200) == "x" * 128

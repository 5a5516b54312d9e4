"""What a tool asks of a client beside forms, and what it has for its log."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.contracts.bounds import ASK_MODEL_BYTES, ASKS_PER_CALL, LOG_CHARACTERS
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import Asked
from pointsman.tools.conversation import ELICIT, ROOTS, SAMPLE, Question
from pointsman.tools.errors import ToolError
from pointsman.tools.talk import Talk

from .listener import Listener
from .test_talk import FORM

EVERYTHING = (ELICIT, SAMPLE, ROOTS)
WORDS: JsonObject = {"messages": [{"role": "user", "content": {"type": "text", "text": "Who?"}}], "maxTokens": 9}


async def test_a_models_words_and_folders_are_asked_at_once_with_forms_and_written_down() -> None:
    listener = Listener({"action": "decline"}, methods=EVERYTHING)
    talk = Talk(listener)
    questions = {"f": Question(ELICIT, FORM), "m": Question(SAMPLE, WORDS), "r": Question(ROOTS, {})}
    answers = await talk.ask("The server `wiki`", questions)
    assert answers == {key: {"action": "decline"} for key in questions}
    (together,) = listener.questions
    assert {key: one.method for key, one in together.items()} == {"f": ELICIT, "m": SAMPLE, "r": ROOTS}
    assert together["m"].params == WORDS
    assert talk.asked[1:] == [
        Asked("The server `wiki` asks for an answer of the client's model.", "accept"),
        Asked("The server `wiki` asks for the client's folders.", "accept"),
    ]


async def test_a_form_is_declined_where_the_client_has_a_model_alone() -> None:
    listener = Listener({"model": "m"}, methods=(SAMPLE,))
    questions = {"f": Question(ELICIT, FORM), "m": Question(SAMPLE, WORDS)}
    answers = await Talk(listener).ask("The server `wiki`", questions)
    assert answers == {"f": {"action": "decline"}, "m": {"model": "m"}}
    assert [list(one) for one in listener.questions] == [["m"]]


@pytest.mark.parametrize("listener", [None, Listener()])
async def test_what_the_client_cannot_be_asked_ends_the_call_and_is_noted(listener: Listener | None) -> None:
    talk = Talk(listener)
    assert not talk.takes(SAMPLE)
    with pytest.raises(ToolError, match="The server `wiki` needs an answer of the client's model, and nobody"):
        await talk.ask("The server `wiki`", {"m": Question(SAMPLE, WORDS)})
    assert listener is None or listener.lacking == [SAMPLE]


async def test_a_client_that_refuses_ends_the_call() -> None:
    talk = Talk(Listener(methods=EVERYTHING))
    with pytest.raises(ToolError, match="needs the client's folders: "):
        await talk.ask("The server `wiki`", {"r": Question(ROOTS, {})})
    assert [one.action for one in talk.asked] == ["cancel"]


async def test_what_is_asked_has_bounds() -> None:
    talk = Talk(Listener({}, methods=EVERYTHING))
    with pytest.raises(ToolError, match="asks too much"):
        await talk.ask("x", {"m": Question(SAMPLE, {**WORDS, "systemPrompt": "x" * ASK_MODEL_BYTES})})
    with pytest.raises(ToolError, match=r"`tasks/\\u202elist`, which nobody is asked"):
        await talk.ask("x", {"m": Question("tasks/\u202elist", {})})
    for _ in range(ASKS_PER_CALL):
        await talk.ask("x", {"r": Question(ROOTS, {})})
    with pytest.raises(ToolError, match="asks too much"):
        await talk.ask("x", {"r": Question(ROOTS, {})})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("two\nlines \x1b[2J", "two\nlines \\x1b[2J"),
        ("x" * (LOG_CHARACTERS + 1), "x" * LOG_CHARACTERS),
        ({"a": [1]}, {"a": [1]}),
        ({"a": "x" * LOG_CHARACTERS}, None),
    ],
)
async def test_what_is_for_the_log_is_visible_and_bounded(data: Json, told: Json) -> None:
    listener = Listener()
    await Talk(listener).log("info", data, "wiki")
    await Talk().log("info", data, "wiki")
    assert listener.logged == ([] if told is None else [("info", told, "wiki")])


async def test_a_function_in_a_worker_thread_tells_of_its_progress() -> None:
    listener = Listener()
    talk = Talk(listener)
    await asyncio.to_thread(talk.progress, 1, 2, "half")
    await asyncio.sleep(0)
    assert listener.heard == [(1, 2, "half")]

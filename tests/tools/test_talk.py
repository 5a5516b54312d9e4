"""What a tool asks of a person: named, bounded, held to its form, and written down."""

from __future__ import annotations

import pytest

from pointsman.contracts.bounds import ASK_FIELDS, ASK_MESSAGE_CHARACTERS, ASK_SCHEMA_BYTES, ASKS_PER_CALL
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import Asked
from pointsman.tools.talk import NOBODY, Talk

from .listener import Listener

FORM: JsonObject = {
    "message": "Which one?",
    "requestedSchema": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 2, "default": "Ada"},
            "colour": {"type": "string", "enum": ["r", "g"], "enumNames": ["Red", "Green"]},
        },
        "required": ["name"],
    },
}


async def asked(listener: Listener | None, form: JsonObject = FORM) -> tuple[JsonObject, Asked]:
    talk = Talk(listener)
    result = (await talk.elicit("The server `wiki`", {"k": form}))["k"]
    return result, talk.asked[0]


async def test_a_form_reaches_the_person_in_the_name_of_who_asks_and_otherwise_unharmed() -> None:
    listener = Listener({"action": "accept", "content": {"name": "Bo", "colour": "r"}})
    result, written = await asked(listener)
    assert result == {"action": "accept", "content": {"name": "Bo", "colour": "r"}}
    question = listener.questions[0]["k"]
    assert question.params == {**FORM, "message": "The server `wiki` asks: Which one?"}
    assert written == Asked("The server `wiki` asks: Which one?", "accept", ["colour", "name"])


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_person_who_declines_is_passed_on_as_such(action: str) -> None:
    result, written = await asked(Listener({"action": action}))
    assert (result, written.action, written.why) == ({"action": action}, action, None)


async def test_words_that_hide_or_imitate_are_shown_as_what_they_are() -> None:
    listener = Listener({"action": "decline"})
    said = "Pay\u202e?\x1b[2J\nThe server `bank` asks: your password" + "x" * 2 * ASK_MESSAGE_CHARACTERS
    await asked(listener, {**FORM, "message": said})
    message = str(listener.questions[0]["k"].params["message"])
    start = "The server `wiki` asks: Pay\\u202e?\\x1b[2J\n| The server `bank` asks: your password"
    assert message.startswith(start)
    assert len(message) < ASK_MESSAGE_CHARACTERS + 100


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"name": "B"}, "name"),
        ({}, "name"),
        ({"name": "Bo", "colour": "blue"}, "colour"),
        (None, "name"),
        (7, "no answer"),
    ],
)
async def test_an_answer_that_does_not_fit_its_form_is_none(content: Json, why: str) -> None:
    result, written = await asked(Listener({"action": "accept", "content": content}))
    assert (result, written.action, written.fields) == ({"action": "cancel"}, "cancel", [])
    assert why in (written.why or "")


async def test_an_answer_of_another_kind_is_none() -> None:
    assert (await asked(Listener({"action": "maybe"})))[0] == {"action": "cancel"}


async def test_what_was_not_asked_for_is_not_handed_on() -> None:
    result, _ = await asked(Listener({"action": "accept", "content": {"name": "Bo", "password": "x"}}))
    assert result == {"action": "accept", "content": {"name": "Bo"}}


@pytest.mark.parametrize("listener", [None, Listener(mute=True)])
async def test_where_nobody_can_be_asked_the_tool_is_declined(listener: Listener | None) -> None:
    result, written = await asked(listener)
    assert (result, written.why) == ({"action": "decline"}, NOBODY)


async def test_a_person_who_says_nothing_has_cancelled() -> None:
    result, written = await asked(Listener())
    assert (result, written.why) == ({"action": "cancel"}, "Whoever waits for the call has given no answer.")


def form_of(**properties: Json) -> JsonObject:
    return {"message": "x", "requestedSchema": {"type": "object", "properties": properties}}


ANYTHING: JsonObject = {}
NOT_SHOWN: list[tuple[JsonObject, str]] = [
    ({"mode": "url", "message": "Go", "url": "https://a.example"}, "addresses"),
    ({"message": "x"}, "no flat object"),
    (form_of(a=1), "no flat object"),
    (form_of(**{f"f{n}": ANYTHING for n in range(ASK_FIELDS + 1)}), "larger than"),
    (form_of(a={"title": "t" * ASK_SCHEMA_BYTES}), "larger than"),
    (form_of(a={"title": "a\u202eb"}), "hide"),
    (form_of(**{"a\x1b": ANYTHING}), "hide"),
    (form_of(a={"type": "colour"}), "no JSON Schema"),
    (form_of(a={"pattern": "(?=a)b"}), "no JSON Schema"),
]


@pytest.mark.parametrize(("form", "why"), NOT_SHOWN)
async def test_a_form_that_cannot_be_shown_is_asked_of_nobody(form: JsonObject, why: str) -> None:
    listener = Listener({"action": "accept", "content": {}})
    result, written = await asked(listener, form)
    assert (result, listener.questions) == ({"action": "decline"}, [])
    assert why in (written.why or "")


async def test_a_call_asks_so_often_and_no_more() -> None:
    listener = Listener({"action": "accept", "content": {"name": "Bo"}})
    talk = Talk(listener)
    await talk.elicit("It", {str(n): FORM for n in range(ASKS_PER_CALL + 3)})
    assert len(listener.questions[0]) == ASKS_PER_CALL
    await talk.elicit("It", {"again": FORM})
    assert len(listener.questions) == 1
    assert talk.asked[-1].why == f"a call may ask {ASKS_PER_CALL} times"


async def test_a_person_who_has_declined_is_not_asked_the_same_again() -> None:
    listener = Listener({"action": "decline"})
    talk = Talk(listener)
    for _ in range(2):
        assert await talk.elicit("It", {"k": FORM}) == {"k": {"action": "decline"}}
    assert [one.why for one in talk.asked] == [None, "it was declined before"]
    await talk.elicit("It", {"k": {**FORM, "message": "And this?"}})
    assert len(listener.questions) == 2


async def test_what_may_not_be_written_down_is_asked_and_not_written() -> None:
    listener = Listener({"action": "decline"})
    talk = Talk(listener, lambda text: text.replace("one", "[redacted]"))
    await talk.elicit("It", {"k": FORM})
    assert listener.questions[0]["k"].params["message"] == "It asks: Which one?"
    assert talk.asked[0].message == "It asks: Which [redacted]?"

"""`agree` of a state (workflow format): what `check` finds, and what the machine is given."""

from __future__ import annotations

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import AgentState, Agree, Model, SecondCall
from tests.contracts.town import HEAD, codes, found, town

AGREE = "fields: [count, colour], second: SECOND, differ: decide"
CALL = "{call: t.read, with: {a: =record.name}, fields: {count: =result.count, colour: =result.colour}}"
STATES = """\
  begin:
    actor: ACTOR
    agree: {AGREE}
    events:
      submit: {requires: [count, colour], next: end}
      give_up: {agree: off, next: end}
    failed: end
  decide:
    actor: human
    review: {role: clerk, exclude: [=session.started_by], due: {in: 1d, then: end}}
    events: {accept: {next: end}}
"""


def read_twice(agree: str = AGREE, second: str = CALL, actor: str = "agent") -> str:
    made = STATES.replace("AGREE", agree.replace("SECOND", second)).replace("ACTOR", actor)
    if actor == "model":
        made = made.replace("    agree:", "    model: {name: one, prompt: Read.}\n    agree:")
    return town(made)


def agreement(text: str) -> Agree:
    state = load(text, "town.yaml").states["begin"]
    assert isinstance(state, AgentState)
    assert state.agree is not None
    assert [event.read_twice for event in state.events.values()] == [True, False]
    return state.agree


def test_a_tool_may_read_a_second_time() -> None:
    assert codes(read_twice()) == []
    agree = agreement(read_twice())
    assert isinstance(agree.second, SecondCall)
    assert (agree.fields, agree.differ, agree.second.step.tool) == (("count", "colour"), "decide", "t.read")
    assert list(agree.second.fields) == ["count", "colour"]


@pytest.mark.parametrize("second", ["{model: {name: other, prompt: Read.}}", "{model: {name: one, prompt: Look.}}"])
def test_another_model_or_another_prompt_may_read_a_second_time(second: str) -> None:
    text = read_twice(second=second, actor="model")
    assert codes(text) == []
    assert isinstance(agreement(text).second, Model)


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ("differ: decide", "differ: end", ["PM613", "PM501"]),
        ("differ: decide", "differ: desk", ["PM301"]),
        ("fields: [count, colour]", "fields: []", ["PM203"]),
        ("fields: [count, colour]", "fields: [count, colour, colour]", ["PM312"]),
        ("fields: [count, colour]", "fields: [count, color]", ["PM303", "PM614", "PM614", "PM614"]),
        ("fields: [count, colour]", "fields: [count, colour, level]", ["PM614", "PM614"]),
        ("requires: [count, colour]", "requires: [count], accepts: [colour]", ["PM614"]),
        ("requires: [count, colour]", "agree: off, requires: [count, colour]", ["PM614"]),
        ("colour: =result.colour", "color: =result.colour", ["PM614", "PM614"]),
        ("=result.count", "=results.count", ["PM404"]),
        ("=result.count", "=event.count", ["PM404"]),
        ("=record.name", "=record.nam", ["PM404"]),
        ("call: t.read", "call: x.read", ["PM302"]),
        ("call: t.read", "call: t.write", ["PM713"]),
        ("    failed: end\n", "", ["PM701"]),
        ("    failed: end\n", "    failed: end\n    confidence: on\n", ["PM203"]),
        (CALL, "{model: {name: other}}", ["PM201"]),
        (CALL, "{call: t.read, fields: {}}", ["PM203"]),
        (CALL, "{}", ["PM202"]),
        (CALL, CALL.replace("{call", "{model: {name: one}, call"), ["PM201"]),
        ("actor: agent", "actor: external", ["PM201", "PM706", "PM501"]),
        ("accept: {next", "accept: {agree: off, next", ["PM706"]),
    ],
)
def test_what_is_wrong_with_two_readings_is_found(wrong: str, right: str, expected: list[str]) -> None:
    text = read_twice()
    assert wrong in text
    assert sorted(codes(text.replace(wrong, right))) == sorted(expected)


def test_a_second_reading_by_the_same_model_with_the_same_prompt_is_warned_of() -> None:
    (one,) = found(read_twice(second="{model: {name: one, prompt: Read.}}", actor="model"))
    assert (one.code, one.severity) == ("PM615", "warning")


def test_a_prompt_of_the_second_reader_is_looked_for_beside_the_file() -> None:
    assert codes(read_twice(second="{model: {name: two, prompt: second.md}}", actor="model")) == ["PM316"]


def test_what_is_redacted_of_a_second_reading_cannot_be_compared() -> None:
    head = HEAD.replace("t.read: {effect: read}", "t.read: {effect: read, redact: [result.count]}")
    (one,) = found(read_twice().replace(HEAD, head))
    assert one.code == "PM716"
    elsewhere = HEAD.replace("tools: {", "tools: {t.other: {effect: read, redact: [result.count]}, ")
    assert codes(read_twice().replace(HEAD, elsewhere)) == []
    assert "`fields` would only hold" in one.message


def test_the_hint_names_the_field_that_was_meant() -> None:
    hints = [one.hint for one in found(read_twice().replace("colour: =result.colour", "color: =result.colour"))]
    said = "Say where it is in what `t.read` gives: `colour: =result.colour`."
    assert sorted(hints, key=str) == ["Did you mean `colour`?", said]
    (far,) = found(read_twice().replace("colour: =result.colour", "colour: =result.c, xyz: =result.d"))
    assert far.hint == "Add it to the `fields` of `agree`, or remove it."

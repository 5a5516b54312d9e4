"""Fault 38: what refused and repeated calls leave behind is bounded, whatever they hold."""

from __future__ import annotations

import pytest

from pointsman.contracts.bounds import DENIED_ARGUMENTS_BYTES
from pointsman.contracts.values import JsonObject, canonical
from pointsman.fsm.facts import Accepted, Denied, body_value

from .driver import Story, workflow

NOTES = workflow("""
    record: {text: {type: string}}
    initial: open
    states:
      open:
        actor: agent
        events: {close: {requires: [text], next: closed}}
      closed: {actor: agent, events: {end: {next: done}}}
      done: {final: success}
""")


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "", "x" * 900_000: 1},
        {"text": "", **{f"{number}{'x' * 8_000}": 1 for number in range(100)}},
        {"text": "", "\U0001f600" * 200_000: 1},
    ],
)
def test_the_row_of_a_refusal_is_small_whatever_names_the_caller_makes_up(arguments: JsonObject) -> None:
    story = Story(NOTES)
    story.send("close", arguments)
    denied = story.facts[-1].body
    assert story.code == "INVALID_FIELDS"
    assert isinstance(denied, Denied)
    assert len(canonical(body_value(story.facts[-1])).encode()) <= 4 * DENIED_ARGUMENTS_BYTES
    assert story.last.refusal is not None
    assert len(story.message) + sum(len(one.path) for one in story.last.refusal.unmet) < 100_000


def test_a_repeated_event_does_not_store_its_payload_again() -> None:
    story = Story(NOTES)
    story.send("close", {"text": "x" * 500_000})
    story.send("close", {"text": "x" * 500_000})
    first, again = [fact for fact in story.facts if isinstance(fact.body, Accepted)]
    assert isinstance(first.body, Accepted)
    assert isinstance(again.body, Accepted)
    assert again.body.payload_digest == first.body.payload_digest
    assert len(canonical(body_value(again))) < 1_000

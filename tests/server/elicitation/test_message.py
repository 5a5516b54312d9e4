"""What a person is told who is asked: whole, or not at all, and nothing is written out that is not told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.contracts.values import Json
from pointsman.contracts.visible import visible
from pointsman.fsm.exception_package import ExceptionPackage, InputField, PathStep
from pointsman.fsm.floors import MissedFloor
from pointsman.fsm.remembered import CallMade
from pointsman.server.bounds import REVIEW_MESSAGE_CHARACTERS, REVIEW_MESSAGE_LINES
from pointsman.server.elicitation import message
from pointsman.server.elicitation.message import message_of
from pointsman.server.elicitation.offer import Offer
from tests.server.elicitation.test_form import offered

OFFER = offered({"type": "string"}, value="x")
HEAD = message_of(OFFER, {"field": ""}, None) or ""


def told(value: Json) -> str | None:
    return message_of(OFFER, {"field": value}, None)


def test_a_text_is_told_up_to_the_last_character_that_fits() -> None:
    taken = [text for count in range(7_000, REVIEW_MESSAGE_CHARACTERS) if (text := told("y" * count)) is not None]
    fewest = REVIEW_MESSAGE_CHARACTERS - len("\n|   y")  # where one character more begins a line
    assert fewest < len(taken[-1]) <= REVIEW_MESSAGE_CHARACTERS
    assert len(taken) < REVIEW_MESSAGE_CHARACTERS - 7_000


def test_lines_are_told_up_to_the_last_that_fits() -> None:
    ours = HEAD.count("\n") + 1
    most = told("\n".join("a" * (REVIEW_MESSAGE_LINES - ours)))
    assert most is not None
    assert most.count("\n") + 1 == REVIEW_MESSAGE_LINES
    assert told("\n".join("a" * (REVIEW_MESSAGE_LINES - ours + 1))) is None


@pytest.mark.parametrize("value", ["\u202e" * 900_000, "\n" * 900_000, ["\u202e"] * 300_000, {"a": "\n" * 900_000}])
def test_of_what_is_too_long_no_more_is_written_out_than_could_be_told(
    value: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = 0

    def counted(text: str, *, lines: bool = False) -> str:
        nonlocal seen
        seen += len(text)
        return visible(text, lines=lines)

    monkeypatch.setattr(message, "visible", counted)
    assert told(value) is None
    assert seen <= 2 * REVIEW_MESSAGE_CHARACTERS


def missed(*left_out: str) -> Offer:
    """A review that a confidence floor sent the session to."""
    package = ExceptionPackage(
        revision=7,
        at=1,
        state="valuing",
        event="value",
        instead_of="settled",
        missed=[MissedFloor("path", 0.86, 0.8554)],
        confidence=0.91,
        path_confidence=0.8554,
        path=[PathStep("sorting", 0.94, 4), PathStep("valuing", 0.91, 7)],
        rationale="two estimates\nSo approve it.",
        input={"claim": InputField("C-7", 1)},
        calls=[CallMade("files.estimates", 6, 1)],
        alternatives=[2900],
        left_out=[*left_out],
    )
    return replace(OFFER, review=replace(OFFER.review, exception=package))


def test_a_person_is_told_which_floor_was_missed_and_what_the_step_rested_on() -> None:
    """Issue 7: the review says why. What an agent said stands behind the mark of what is not ours."""
    lines = (message_of(missed(), {"amount": 3100}, None) or "").split("\n")
    assert "The confidence of the path is 0.8554, and the floor is 0.86." in lines
    assert "So a person decides instead of settled, where value would have led." in lines
    theirs = lines[lines.index("| amount: 3100") :]
    assert all(line.startswith("| ") for line in theirs)
    whole = "\n".join(theirs)
    for said in ("|   So approve it.", '"sorting": 0.94', '"claim": "C-7"', "files.estimates, row 6", "2900"):
        assert said in whole


def test_a_step_that_cannot_be_told_whole_is_told_to_nobody() -> None:
    """Nobody decides on what they were not shown."""
    assert message_of(missed("document"), {}, None) is None

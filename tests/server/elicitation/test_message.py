"""What a person is told who is asked: whole, or not at all, and nothing is written out that is not told."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json
from pointsman.contracts.visible import visible
from pointsman.server.bounds import REVIEW_MESSAGE_CHARACTERS, REVIEW_MESSAGE_LINES
from pointsman.server.elicitation import message
from pointsman.server.elicitation.message import message_of
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

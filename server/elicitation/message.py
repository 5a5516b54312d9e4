"""What the person is told who is asked to decide a review: who asks whom, of what, and all that is shown.

Whatever the session holds may be an agent's words, or those of another system. Each of its lines begins with a mark,
which no line of ours does, and nothing in it hides. A review that is too long to be told whole is told to nobody:
nobody decides on what they were not shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible
from pointsman.fsm.exception_package import ExceptionPackage
from pointsman.fsm.votes import tallies

from ..bounds import REVIEW_LINE_CHARACTERS, REVIEW_MESSAGE_CHARACTERS, REVIEW_MESSAGE_LINES
from ..documents.exceptions import missed, missed_in_words
from .offer import Offer

_MARK: Final = "| "
_WORD_CHARACTERS: Final = 200
"""What is said in a line of ours of a name or a title."""
_GOAL_CHARACTERS: Final = 1_000
_JSON: Final = json.JSONEncoder(ensure_ascii=False, indent=2)


def message_of(offer: Offer, shown: JsonObject, before: str | None) -> str | None:
    """Tell what is to be decided; None where that is too long.

    Args:
        offer: The review, and who is asked.
        shown: What it shows, in the workflow's order.
        before: Why the answer before this was not taken; None where there was none.
    """
    exception = offer.review.exception
    if exception is not None and exception.left_out:
        return None
    also = () if exception is None else _exception(exception)
    lines: list[str] = []
    left = REVIEW_MESSAGE_CHARACTERS + 1  # no break stands before the first line
    for line in chain(_ours(offer, before), _theirs([*shown.items(), *also])):
        left -= len(line) + 1
        if left < 0 or len(lines) == REVIEW_MESSAGE_LINES:
            return None
        lines.append(line)
    return "\n".join(lines)


def _ours(offer: Offer, before: str | None) -> Iterator[str]:
    session, workflow = offer.session, offer.workflow
    if before is not None:
        yield f"Your answer was not taken: {_word(before, _GOAL_CHARACTERS)}"
    yield f"Pointsman asks {_word(offer.person.id)} to decide a review as {_word(offer.review.role)}."
    yield f"Workflow: {_word(workflow.title or workflow.name)}. State: {session.state}. Session: {session.id}."
    yield f"Started by: {_word(session.started_by)}."
    if offer.state.goal:
        yield f"Goal: {_word(offer.state.goal, _GOAL_CHARACTERS)}"
    if offer.review.exception is not None:
        package = offer.review.exception
        yield from missed_in_words(missed(package))
        yield f"So a person decides instead of {package.instead_of}, where {package.event} would have led."
    for event in offer.events:
        if event.approvals > 1:
            yield f"It takes {event.approvals} persons who say the same for {event.name}."
    for tally in tallies(session.stay):
        yield f"Said so far: {tally.event}, by {_word(', '.join(tally.by))}."
    yield "Your answer is recorded in your name, as this program reports it (client-attested)."
    yield "To decline or to close this form decides nothing."


def _exception(package: ExceptionPackage) -> Iterator[tuple[str, Json]]:
    """Give what belongs to a step that a confidence floor sent to this review, by what it is."""
    yield "reason of the step", package.rationale
    yield "confidence along the path", {one.state: one.confidence for one in package.path}
    if package.alternatives:
        yield "alternatives", package.alternatives
    if package.input:
        yield "what it started from", {name: one.value for name, one in package.input.items()}
    if package.calls:
        yield "what it rests on", [f"{call.tool}, row {call.revision}" for call in package.calls]


def _theirs(shown: Sequence[tuple[str, Json]]) -> Iterator[str]:
    if not shown:
        return
    yield f"What stands behind {_MARK.strip()} is what the session holds, not what Pointsman says:"
    for name, value in shown:
        lines = list(islice(_lines(value), REVIEW_MESSAGE_LINES + 1))  # one more tells that it is too long
        if len(lines) == 1:
            yield f"{_MARK}{visible(name)}: {lines[0]}"
        else:
            yield f"{_MARK}{visible(name)}:"
            yield from (f"{_MARK}  {line}" for line in lines)


def _lines(value: Json) -> Iterator[str]:
    # Made visible no text becomes shorter, so what is cut off here is too long to be told in any case.
    for line in visible(_beginning(value), lines=True).split("\n"):
        yield line[:REVIEW_LINE_CHARACTERS]
        for start in range(REVIEW_LINE_CHARACTERS, len(line), REVIEW_LINE_CHARACTERS):
            yield line[start : start + REVIEW_LINE_CHARACTERS]


def _beginning(value: Json) -> str:
    """Write a value out, or so much of it that it is longer than a message may be."""
    if isinstance(value, str):
        return value[: REVIEW_MESSAGE_CHARACTERS + 1]
    text = StringIO()
    for part in _JSON.iterencode(value):
        if text.tell() > REVIEW_MESSAGE_CHARACTERS:
            break
        text.write(part)
    return text.getvalue()[: REVIEW_MESSAGE_CHARACTERS + 1]


def _word(text: str, most: int = _WORD_CHARACTERS) -> str:
    """Write a text in one line of ours."""
    return visible(" ".join(text.split())[:most])

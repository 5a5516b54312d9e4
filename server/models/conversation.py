"""A model's conversation, read back from the rows of its stay: what was answered, and what came of each wish.

There is no other memory of it. A server that is started again finds in the rows what has been said, asks nothing twice
that was answered, and does nothing twice that was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.approvals import timer_name
from pointsman.fsm.driving import NO_EVENT
from pointsman.fsm.facts import Accepted, Decided, Denied, Fact, Intended, Settled, TimerFired
from pointsman.fsm.model_turns import Turned, wish_name

from .images import with_newest_images
from .outcomes import UNDER_WAY, Outcome, of_refusal, of_settled, text_block
from .said import called, taken_back

NOTHING_CALLED: Final = "Your answer calls nothing. Call a tool, or send one of the events: {events}."
UNTOLD: Final = "Not done: the server was started again, and these arguments are never kept. Call it again."


@dataclass(frozen=True, slots=True)
class Row:
    """A fact with the revision of its row."""

    revision: int
    fact: Fact


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool or an event that an answer calls. `command` is what it is done by."""

    id: str
    name: str
    arguments: JsonObject
    command: str


def wishes(stay: int, turn: int, content: Sequence[Json]) -> tuple[Wish, ...]:
    """Give what an answer calls, in its order."""
    found: list[Wish] = []
    for block in content:
        if not isinstance(block, dict) or block.get("type") != "tool_use":
            continue
        given = block.get("input")
        arguments = given if isinstance(given, dict) else {}
        command = wish_name(stay, turn, len(found))
        found.append(Wish(str(block.get("id")), str(block.get("name")), arguments, command))
    return tuple(found)


class Conversation:
    """What has been said in a stay so far.

    Args:
        opening: What the model is told first.
        stay: The number of the stay.
        reading: Which of the stay's conversations this is.
        rows: The rows of the stay, oldest first.
        events: Names of the events it may send.
        stored: What is told of results that were stored before, by the revision that has them.
    """

    def __init__(
        self, opening: str, stay: int, reading: int, rows: Sequence[Row], events: str, stored: Mapping[int, Outcome]
    ) -> None:
        self._opening = opening
        self._events = events
        self._stay = stay
        self._rows = rows
        self._stored = stored
        self._answers = [
            row.fact.body
            for row in rows
            if isinstance(row.fact.body, Turned)
            and (row.fact.body.stay, row.fact.body.reading) == (stay, reading)
            and row.fact.outcome == "done"
        ]

    def messages(self) -> tuple[JsonObject, ...]:
        """Give all of it as the API takes it, up to what the model is told next."""
        said: list[JsonObject] = [_message("user", [text_block(self._opening)])]
        for answer in self._answers:
            said.append(_message("assistant", taken_back(self._stay, answer.turn, answer.content)))
            said.append(_message("user", self._told(answer)))
        return with_newest_images(said)

    def has_answer(self, turn: int) -> bool:
        """Whether this turn was answered, in a way that something can come of."""
        return any(answer.turn == turn for answer in self._answers)

    def is_known(self, wish: Wish) -> bool:
        """Whether the model can be told what came of a wish, or nothing will come of it any more."""
        outcome = self.outcome(wish)
        return outcome is None or outcome.is_known

    def wishes_of(self, turn: int) -> tuple[Wish, ...]:
        """Give what the answer to this turn calls; nothing where it cannot be used, or there is none."""
        for answer in self._answers:
            if answer.turn == turn and answer.invalid is None:
                return wishes(self._stay, turn, answer.content)
        return ()

    def outcome(self, wish: Wish) -> Outcome | None:
        """Say what came of a wish; None where nothing has been done about it."""
        for row in self._rows:
            if row.fact.command == wish.command:
                found = self._of(row)
                if found is not None:
                    return found
        return None

    def _told(self, answer: Turned) -> list[JsonObject]:
        results: list[JsonObject] = []
        beside: list[JsonObject] = []
        for wish in wishes(self._stay, answer.turn, answer.content):
            invalid = answer.invalid
            outcome = self.outcome(wish) if invalid is None else Outcome(invalid, is_error=True)
            if outcome is None or not outcome.is_known:
                outcome = Outcome(UNTOLD, is_error=True)
            results.append(outcome.result(called(wish.command)))
            beside += outcome.beside(wish.name)
        if not results:  # the API has given no call that could be told of
            nothing = NOTHING_CALLED.format(events=self._events)
            return [text_block(nothing if answer.invalid in (None, NO_EVENT) else answer.invalid)]
        return [*results, *beside]

    def _of(self, row: Row) -> Outcome | None:
        """What a row says of the wish whose command made it; None where another row of it says more."""
        body, fact = row.fact.body, row.fact
        match body:
            case Denied():
                return of_refusal(fact.code, body.message, body.unmet)
            case Intended(call=call) if call is not None:
                return self._of_call(call.id)
            case Intended(approval=approval) if approval is not None:
                return self._of_approval(approval.id)
            case Settled(repeats=int() as revision):
                return self._stored[revision]
            case Settled():
                return of_settled(fact, body)
            case Accepted():
                return Outcome("accepted")
            case _:
                return None

    def _of_call(self, call: str) -> Outcome:
        for row in self._rows:
            body = row.fact.body
            if isinstance(body, Settled) and body.call == call:
                return of_settled(row.fact, body)
        return UNDER_WAY

    def _of_approval(self, approval: str) -> Outcome:
        for row in self._rows:
            body = row.fact.body
            if isinstance(body, Decided) and body.approval == approval and row.fact.action == "reject":
                why = f": {body.rationale}" if body.rationale else "."
                return of_refusal("FORBIDDEN", f"A person has rejected this call{why}")
            if (
                isinstance(body, TimerFired)
                and body.effect == "lapsed"
                and body.timer == timer_name(self._stay, approval)
            ):
                return of_refusal("FORBIDDEN", "Nobody has approved this call in time.")
            if isinstance(body, Intended) and body.call is not None and body.call.approval == approval:
                return self._of_call(body.call.id)
        return UNDER_WAY


def stored_before(rows: Sequence[Row]) -> Iterator[int]:
    """Give the revisions of results that calls of these rows were answered with because they were made before."""
    for row in rows:
        body = row.fact.body
        if isinstance(body, Settled) and body.repeats is not None:
            yield body.repeats


def _message(role: str, content: Sequence[Json]) -> JsonObject:
    return {"role": role, "content": list(content)}

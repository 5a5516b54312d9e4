"""A model's conversation, read back from the rows of its stay: what was answered, and what came of each wish.

There is no other memory of it. A server that is started again finds in the rows what has been said, asks nothing twice
that was answered, and does nothing twice that was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.fsm.approvals import timer_name
from pointsman.fsm.driving import NO_EVENT
from pointsman.fsm.facts import Accepted, Decided, Denied, Fact, Intended, Settled, TimerFired
from pointsman.fsm.model_turns import Turned, wish_name

from ..bounds import MODEL_RESULT_CHARACTERS

NOTHING_CALLED: Final = "Your answer calls nothing. Call a tool, or send one of the events: {events}."
UNTOLD: Final = "Not done: the server was started again, and these arguments are never kept. Call it again."
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: content as the API takes it, and whether it is an error. Without content it is under way."""

    content: tuple[JsonObject, ...] = ()
    is_error: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the model can be told."""
        return bool(self.content)


UNDER_WAY: Final = Outcome()


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
        stored: Results that were stored before, by the revision that has them.
    """

    def __init__(
        self, opening: str, stay: int, reading: int, rows: Sequence[Row], events: str, stored: Mapping[int, JsonObject]
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
        said: list[JsonObject] = [_message("user", [_text(self._opening)])]
        for answer in self._answers:
            blocks = [block for block in answer.content if not _is_blank(block)]
            told = self._told(answer)
            said.append(_message("assistant", blocks or [_text("(nothing)")]))
            said.append(_message("user", told))
        return tuple(said)

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
        told: list[JsonObject] = []
        for wish in wishes(self._stay, answer.turn, answer.content):
            invalid = answer.invalid
            outcome = self.outcome(wish) if invalid is None else Outcome((_text(invalid),), is_error=True)
            if outcome is None or not outcome.is_known:
                outcome = Outcome((_text(UNTOLD),), is_error=True)
            result: JsonObject = {"type": "tool_result", "tool_use_id": wish.id, "content": list(outcome.content)}
            told.append({**result, "is_error": True} if outcome.is_error else result)
        if not told:  # the API has given no call that could be told of
            nothing = NOTHING_CALLED.format(events=self._events)
            told.append(_text(nothing if answer.invalid in (None, NO_EVENT) else answer.invalid))
        return told

    def _of(self, row: Row) -> Outcome | None:
        """What a row says of the wish whose command made it; None where another row of it says more."""
        body, fact = row.fact.body, row.fact
        match body:
            case Denied():
                return _refused(fact.code, body.message, body.unmet)
            case Intended(call=call) if call is not None:
                return self._of_call(call.id)
            case Intended(approval=approval) if approval is not None:
                return self._of_approval(approval.id)
            case Settled(repeats=int() as revision):
                return Outcome((_text(canonical(self._stored.get(revision, {}))),))
            case Settled():
                return _settled(fact, body)
            case Accepted():
                return Outcome((_text("accepted"),))
            case _:
                return None

    def _of_call(self, call: str) -> Outcome:
        for row in self._rows:
            body = row.fact.body
            if isinstance(body, Settled) and body.call == call:
                return _settled(row.fact, body)
        return UNDER_WAY

    def _of_approval(self, approval: str) -> Outcome:
        for row in self._rows:
            body = row.fact.body
            if isinstance(body, Decided) and body.approval == approval and row.fact.action == "reject":
                why = f": {body.rationale}" if body.rationale else "."
                return _refused("FORBIDDEN", f"A person has rejected this call{why}", [])
            if (
                isinstance(body, TimerFired)
                and body.effect == "lapsed"
                and body.timer == timer_name(self._stay, approval)
            ):
                return _refused("FORBIDDEN", "Nobody has approved this call in time.", [])
            if isinstance(body, Intended) and body.call is not None and body.call.approval == approval:
                return self._of_call(body.call.id)
        return UNDER_WAY


def stored_before(rows: Sequence[Row]) -> Iterator[int]:
    """Give the revisions of results that calls of these rows were answered with because they were made before."""
    for row in rows:
        body = row.fact.body
        if isinstance(body, Settled) and body.repeats is not None:
            yield body.repeats


def _settled(fact: Fact, body: Settled) -> Outcome:
    images = tuple(_images(body.content or []))
    if fact.outcome != "done":
        failed: JsonObject = {"outcome": fact.outcome, "error": body.error}
        said = failed if body.result is None else {**failed, "result": body.result}
        return Outcome((_text(canonical(said)), *images), is_error=True)
    if body.error is not None:
        unsaved: JsonObject = {"done": True, "result": body.result, "not_saved": body.error}
        return Outcome((_text(canonical(unsaved)), *images), is_error=True)
    if body.result is None and body.content:
        return Outcome((_text("\n".join(_texts(body.content))), *images))
    return Outcome((_text(canonical(body.result)), *images))


def _texts(content: Sequence[Json]) -> Iterator[str]:
    for block in content:
        text = block.get("text") if isinstance(block, dict) else None
        if isinstance(text, str):
            yield text


def _refused(code: str | None, message: str, unmet: list[JsonObject]) -> Outcome:
    said: JsonObject = {"refused": code, "message": message}
    return Outcome((_text(canonical({**said, "unmet": list(unmet)} if unmet else said)),), is_error=True)


def _images(content: Sequence[Json]) -> Iterator[JsonObject]:
    """Give the images that a tool answered with, as the API takes them."""
    for block in content:
        if isinstance(block, dict) and block.get("type") == "image" and block.get("mimeType") in _IMAGES:
            source: JsonObject = {"type": "base64", "media_type": block["mimeType"], "data": block.get("data")}
            yield {"type": "image", "source": source}


def _is_blank(block: Json) -> bool:
    """Whether the API would not take a block back: it gives empty texts, and takes none."""
    text = block.get("text") if isinstance(block, dict) and block.get("type") == "text" else "-"
    return not isinstance(text, str) or not text.strip()


def _message(role: str, content: Sequence[Json]) -> JsonObject:
    return {"role": role, "content": list(content)}


def _text(text: str) -> JsonObject:
    if len(text) > MODEL_RESULT_CHARACTERS:
        text = f"{text[:MODEL_RESULT_CHARACTERS]}\n… {len(text) - MODEL_RESULT_CHARACTERS:,} more characters"
    return {"type": "text", "text": text or "(nothing)"}

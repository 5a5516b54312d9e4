"""What became of writes that were in doubt, in sentences, read off the audit trail. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import JsonObject, canonical

from ..audit.chain import AuditRow

_ANSWER_CHARACTERS: Final = 160
_ENDS: Final = {
    "done": "It had happened",
    "failed": "It has not happened, and has failed",
    "unknown": "Nobody knows whether it has happened: a person has to find out",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of such a story, and the audit row that says so."""

    revision: int
    text: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A write that was in doubt, and what happened, in order."""

    tool: str
    story: tuple[Told, ...]


def doubts(rows: Sequence[AuditRow]) -> Iterator[Doubt]:
    """Give every write that was in doubt, in the order of their ends.

    Args:
        rows: A session's whole history, oldest first.
    """
    for row in rows:
        body = _body(row)
        call, doubt = body.get("call"), body.get("doubt")
        if row.kind == "settled" and row.outcome == "unknown" and doubt is None:
            doubt = body.get("error")
        if row.action is not None and isinstance(call, str) and isinstance(doubt, str):
            yield Doubt(row.action, tuple(_story(rows, row, call, doubt)))


def _story(rows: Sequence[AuditRow], settled: AuditRow, call: str, doubt: str) -> Iterator[Told]:
    intents = [(row, opened) for row in rows if (opened := _opened(row)).get("id") == call]
    for row, opened in intents:
        taken_over = opened.get("attempt", 1) != 1
        how = "was taken over from a process that had gone" if taken_over else "was written down before it was sent"
        yield Told(row.revision, f"{row.action} {how}, with the key {opened.get('key')}.")
    yield Told(settled.revision, f"It was in doubt: {doubt}")
    for row in rows:
        if row.command_id.startswith(f"{call}:reconcile:"):
            yield Told(row.revision, f"So {row.action} was asked, and answered: {_answer(row, _body(row))}")
    yield Told(settled.revision, _end(settled, _body(settled), taken_over=len(intents) > 1))
    for row in rows:
        body = _body(row)
        if row.revision > settled.revision and body.get("call") == call:
            why = f" {body['reason']}" if row.kind == "admin" else " Its answer came after all."
            yield Told(row.revision, f"{row.actor_id} settled it: {row.outcome}.{why}")


def _opened(row: AuditRow) -> JsonObject:
    opened = _body(row).get("call") if row.kind == "intended" else None
    return opened if isinstance(opened, dict) else {}


def _answer(row: AuditRow, body: JsonObject) -> str:
    if row.outcome != "done":
        return f"{row.outcome}. {body.get('error') or ''}".rstrip()
    text = canonical(body.get("result"))
    return text if len(text) <= _ANSWER_CHARACTERS else f"{text[:_ANSWER_CHARACTERS]}…"


def _end(row: AuditRow, body: JsonObject, *, taken_over: bool) -> str:
    by = ", as that answer says" if body.get("reconciled") else ""
    again = int(str(body.get("attempts", 1))) - (0 if taken_over else 1)
    more = "once more" if again == 1 else f"{again} times more"
    sent = f"It was sent {more}, with the same key." if again else "It was not sent again."
    return f"{_ENDS.get(row.outcome or '', row.outcome)}{by}. {sent}"


def _body(row: AuditRow) -> JsonObject:
    body: JsonObject = json.loads(row.body or "{}")
    return body

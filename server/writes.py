"""A write as the rows of its session tell it: intended, perhaps in doubt, asked about, settled.

Pure: rows in, words out. What is told stands in the rows alone, so that a write that has failed, and is in no ledger
any more, can be looked at too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.fsm.commands import reconcile_prefix
from pointsman.fsm.session import Session

from .audit.chain import AuditRow
from .store.rows import body_of

_ANSWER_CHARACTERS: Final = 160

Status: TypeAlias = Literal["intended", "done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Write:
    """A write, with its rows from the intent on."""

    session: Session
    call: str
    tool: str
    arguments: Json
    key: str | None
    status: Status
    result: Json
    rows: tuple[AuditRow, ...]

    @property
    def id(self) -> str:
        """What it is named by."""
        return f"{self.session.id}.{self.call}"


@dataclass(frozen=True, slots=True)
class Happening:
    """One row in words."""

    at: str
    revision: int
    lines: tuple[str, ...]


def found_write(session: Session, call: str, rows: Sequence[AuditRow]) -> Write | None:
    """Find the write that the first of these rows has intended; None where it intends none."""
    body = body_of(rows[0]) if rows else {}
    opened = body.get("call")
    if not rows or rows[0].kind != "intended" or not isinstance(opened, dict) or opened.get("effect") != "write":
        return None
    own = tuple(_own(call, rows))
    settled = [row for row in own if row.outcome is not None and not _asks(call, row)]
    return Write(
        session=session,
        call=call,
        tool=str(opened.get("tool")),
        arguments=opened.get("arguments"),
        key=key if isinstance(key := opened.get("key"), str) else None,
        status=_status(settled[-1].outcome) if settled else "intended",
        result=body_of(settled[-1]).get("result") if settled else None,
        rows=own,
    )


def doubted(session: Session, rows: Sequence[AuditRow]) -> Iterator[Write]:
    """Give the writes of a session that were in doubt at some time, of all its rows, oldest first."""
    for index, row in enumerate(rows):
        write = found_write(session, str(row.revision), rows[index:]) if _attempt(row) == 1 else None
        if write is not None and any(one.outcome == "unknown" or "doubt" in body_of(one) for one in write.rows):
            yield write


def happenings(write: Write) -> Iterator[Happening]:
    """Tell the rows of a write in words."""
    taken_over = any(_attempt(row) > 1 for row in write.rows)
    for row in write.rows:
        yield Happening(row.at, row.revision, tuple(_words(write.call, row, taken_over=taken_over)))


def _own(call: str, rows: Iterable[AuditRow]) -> Iterator[AuditRow]:
    for row in rows:
        named = body_of(row).get("call")
        number = named.get("id") if isinstance(named, dict) else named
        if number == call or _asks(call, row):
            yield row


def _asks(call: str, row: AuditRow) -> bool:
    """Whether a row is an answer of `reconcile` about this write."""
    return row.command_id.startswith(reconcile_prefix(call))


def _attempt(row: AuditRow) -> int:
    """Say the how-manieth process intends a call with this row; 0 where it intends none."""
    opened = body_of(row).get("call") if row.kind == "intended" else None
    return int(str(opened.get("attempt", 1))) if isinstance(opened, dict) else 0


def _words(call: str, row: AuditRow, *, taken_over: bool) -> Iterator[str]:
    body = body_of(row)
    doubt, error = body.get("doubt"), body.get("error")
    if row.kind == "intended":
        opened = body.get("call")
        why = opened.get("doubt") if isinstance(opened, dict) else None
        yield f"Intended by {row.actor_id}." if _attempt(row) == 1 else "Taken over by another server process."
        yield from [f"In doubt: {why}."] if isinstance(why, str) else []
        stored = opened.get("stored") if isinstance(opened, dict) else None
        yield from [f"It was done before, in row {stored}: its result is given again."] if stored is not None else []
    elif _asks(call, row):
        yield f"In doubt, so {row.action} was asked: {_answer(row, body)}"
    elif row.kind == "admin":
        yield f"{row.actor_id} says: {row.outcome}. {body.get('reason')}"
    else:
        how = " by what was answered about it" if body.get("reconciled") else ""
        late = " after all" if body.get("purpose") == "late" else ""
        yield from [f"It was in doubt: {doubt}"] if isinstance(doubt, str) else []
        yield f"Settled{late} as {row.outcome}{how}{_tries(body, taken_over=taken_over)}."
        yield from [error] if isinstance(error, str) else []


def _answer(row: AuditRow, body: JsonObject) -> str:
    if row.outcome != "done":
        return f"{row.outcome}. {body.get('error') or ''}".rstrip()
    text = canonical(body.get("result"))
    return text if len(text) <= _ANSWER_CHARACTERS else f"{text[:_ANSWER_CHARACTERS]}…"


def _tries(body: JsonObject, *, taken_over: bool) -> str:
    """Say how often a write was sent, where that is not told by its being settled."""
    again = int(str(body.get("attempts", 1))) - (0 if taken_over else 1)
    if again > 0:
        return f"; sent {'once' if again == 1 else f'{again} times'} more"
    return "; not sent again" if body.get("doubt") else ""


def _status(outcome: str | None) -> Status:
    return "done" if outcome == "done" else "failed" if outcome == "failed" else "unknown"

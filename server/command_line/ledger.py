"""A write as the rows of its session tell it: intended, perhaps in doubt, asked about, settled.

Pure: rows in, words out. What is told stands in the rows alone, so that a write that has failed, and is in no ledger
any more, can be looked at too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import LedgerEntry, Session

from ..audit.chain import AuditRow
from ..store.rows import row_as_json

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

    def document(self) -> JsonObject:
        """Give all there is to see."""
        return {
            "id": self.id,
            "session": self.session.id,
            "workflow": self.session.workflow,
            "state": self.session.state,
            "tool": self.tool,
            "arguments": self.arguments,
            "key": self.key,
            "status": self.status,
            "result": self.result,
            "rows": [row_as_json(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Happening:
    """One row in words."""

    at: str
    revision: int
    lines: tuple[str, ...]


def entry(session: Session, effect: LedgerEntry) -> JsonObject:
    """Give a write as a list has it."""
    return {
        "id": f"{session.id}.{effect.call}",
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "tool": effect.tool,
        "status": effect.status,
        "opened_at": iso(effect.opened_at),
    }


def found_write(session: Session, call: str, rows: Sequence[AuditRow]) -> Write | None:
    """Find the write that the first of these rows has intended; None where it intends none."""
    body = _body(rows[0]) if rows else {}
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
        result=_body(settled[-1]).get("result") if settled else None,
        rows=own,
    )


def happenings(write: Write) -> Iterator[Happening]:
    """Tell the rows of a write in words."""
    for row in write.rows:
        yield Happening(row.at, row.revision, tuple(_words(write.call, row)))


def _own(call: str, rows: Iterable[AuditRow]) -> Iterator[AuditRow]:
    for row in rows:
        named = _body(row).get("call")
        number = named.get("id") if isinstance(named, dict) else named
        if number == call or _asks(call, row):
            yield row


def _asks(call: str, row: AuditRow) -> bool:
    """Whether a row is an answer of `reconcile` about this write."""
    return row.command_id.startswith(f"{call}:reconcile:")


def _words(call: str, row: AuditRow) -> Iterator[str]:
    body = _body(row)
    doubt, error = body.get("doubt"), body.get("error")
    if row.kind == "intended":
        opened = body.get("call")
        attempt = opened.get("attempt", 1) if isinstance(opened, dict) else 1
        why = opened.get("doubt") if isinstance(opened, dict) else None
        yield f"Intended by {row.actor_id}." if attempt == 1 else "Taken over by another server process."
        yield from [f"In doubt: {why}."] if isinstance(why, str) else []
        stored = opened.get("stored") if isinstance(opened, dict) else None
        yield from [f"It was done before, in row {stored}: its result is given again."] if stored is not None else []
    elif _asks(call, row):
        yield f"In doubt, so {row.action} was asked: {row.outcome}."
    elif row.kind == "admin":
        yield f"{row.actor_id} says: {row.outcome}. {body.get('reason')}"
    else:
        tries = body.get("attempts", 1)
        how = " by what was answered about it" if body.get("reconciled") else "" if tries == 1 else f", {tries} tries"
        late = " after all" if body.get("purpose") == "late" else ""
        yield from [f"It was in doubt: {doubt}"] if isinstance(doubt, str) else []
        yield f"Settled{late} as {row.outcome}{how}."
        yield from [error] if isinstance(error, str) else []


def _status(outcome: str | None) -> Status:
    return "done" if outcome == "done" else "failed" if outcome == "failed" else "unknown"


def _body(row: AuditRow) -> JsonObject:
    body = row_as_json(row)["body"]
    return body if isinstance(body, dict) else {}

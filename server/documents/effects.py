"""Writes: the list of them, and one as the rows of its session tell it. A write is named `SESSION.NUMBER`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import LedgerEntry, Session

from ..store.reading import LIST_ROWS, NO_CURSOR, Seen, audit_rows
from ..store.rows import row_as_json
from ..store.waiting import EffectPlace, running_writes, unknown_writes
from ..writes import Write, found_write, happenings
from .pages import Page, cut
from .places import place


@dataclass(frozen=True, slots=True)
class EffectFilter:
    """Which writes are meant: those that are open, or all of one session; of these only those of a status."""

    session: Session | None = None
    status: str | None = None
    seen: Seen | None = None


def page(connection: Connection, chosen: EffectFilter, limit: int = LIST_ROWS, cursor: str | None = None) -> Page:
    """List writes, the oldest first.

    Raises:
        ValueError: for a cursor that is not one of ours.
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    after = None if cursor is None else _read_cursor(cursor)
    found = [
        (EffectPlace(effect.opened_at, own.id, int(effect.call)), own, effect)
        for own, effect in _writes(connection, chosen, limit, after)
    ]
    wanted = [one for one in found if chosen.status in (None, one[2].status) and (after is None or one[0] > after)]
    shown, last = cut(sorted(wanted, key=lambda one: one[0]), limit)
    items = tuple(entry(own, effect) for _, own, effect in shown)
    return Page(items, None if last is None else "{}-{}.{}".format(*last[0]))


def _writes(
    connection: Connection, chosen: EffectFilter, limit: int, after: EffectPlace | None
) -> list[tuple[Session, LedgerEntry]]:
    """Give all that may be on the page, and perhaps more."""
    session = chosen.session
    if session is not None:
        return [(session, effect) for effect in session.effects.values()]
    unknown = [] if chosen.status == "intended" else unknown_writes(connection, chosen.seen, limit + 1, after)
    return unknown if chosen.status == "unknown" else [*unknown, *running_writes(connection, chosen.seen)]


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


def document(connection: Connection, session: Session, number: str) -> JsonObject | None:
    """Give all there is to see of a write; None where the session has made none of this number.

    `story` tells its rows in words.
    """
    write = _write(connection, session, number)
    if write is None:
        return None
    story: list[Json] = [
        {"at": one.at, "revision": one.revision, "lines": list(one.lines)} for one in happenings(write)
    ]
    return {
        "id": write.id,
        **place(session),
        "tool": write.tool,
        "arguments": write.arguments,
        "key": write.key,
        "status": write.status,
        "result": write.result,
        "story": story,
        "rows": [row_as_json(row) for row in write.rows],
    }


def parts(name: str) -> tuple[str, str]:
    """Take a name apart: the session, and the number of the row that intended the write."""
    session, _, number = name.partition(".")
    return session, number


def _write(connection: Connection, session: Session, number: str) -> Write | None:
    if not _NUMBER.match(number):
        return None
    return found_write(session, number, audit_rows(connection, session.id, int(number) - 1))


def _read_cursor(text: str) -> EffectPlace:
    found = _CURSOR.match(text)
    if found is None:
        raise ValueError(NO_CURSOR)
    return EffectPlace(int(found[1]), found[2], int(found[3]))


_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}\Z", re.ASCII)
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,128})\.([0-9]{1,15})\Z", re.ASCII)

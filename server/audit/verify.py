"""Verification: whether every history is whole, in order and unchanged, and leads to its snapshot.

A chain is read once, from its first row on. The first row that is not what it must be is named and
ends the verification of its chain; the others are looked at all the same. What the chain cannot
prove by itself (rows cut off at its end, a snapshot changed) the snapshot and the fold do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol

from sqlalchemy import Connection

from pointsman.fsm.session import Session

from ..store.tables import SERVER_CHAIN
from .chain import GENESIS, HASHED, body_digest, hash_of
from .raw import (
    BODY,
    BODY_DIGEST,
    HASH,
    PREV,
    REVISION,
    SESSION_ID,
    RawRow,
    Value,
    as_it_lies,
    audit_row,
    chains_without_rows,
    raw_row,
    raw_rows,
    shown,
    stored_server_head,
    stored_session,
)
from .replay import ReplayError, differences, fold


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad row of a chain, by its revision, and what is wrong in plain words."""

    revision: int
    problem: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What verification found of one chain.

    `rows` is how many there are, `erased` how many of them have lost their body (lawfully: they
    still verify). `replayed` says that the fold was compared with the snapshot.
    """

    chain: str
    rows: int
    erased: int
    replayed: bool
    fault: Fault | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class RowReport:
    """What verification found of one row, as it lies in the file."""

    row: RawRow
    fault: Fault | None
    is_last: bool


class _Folding(Protocol):
    """What is done with the rows beside looking at their hashes."""

    replayed: bool

    def take(self, row: RawRow, /) -> Fault | None: ...

    def compare(self, last: int, head: str, stored: dict[str, Value], /) -> Fault | None: ...


def verify(connection: Connection, chain: str | None = None) -> Iterator[ChainReport]:
    """Verify hashes, order and ends of one chain or of all.

    Args:
        connection: In one transaction, so that commits made meanwhile do not disturb.
        chain: A session's handle, or `server`; None for everything there is.
    """
    with as_it_lies(connection) as raw:
        yield from _verify(raw, chain, _NoFold)


def verify_and_replay(connection: Connection, chain: str | None = None) -> Iterator[ChainReport]:
    """Verify as `verify` does, and compare the fold of each session with its snapshot byte for byte."""
    with as_it_lies(connection) as raw:
        yield from _verify(raw, chain, _Fold)


def verify_row(connection: Connection, chain: str, revision: int) -> RowReport | None:
    """Verify one row of a chain, by itself and as the one that follows the row before it; None if there is none."""
    with as_it_lies(connection) as raw:
        row = raw_row(raw, chain, revision)
        if row is None:
            return None
        before = raw_row(raw, chain, revision - 1)
        prev = str(before[HASH]) if before is not None else GENESIS if revision == 1 else ""
        fault = None if _sound(row, revision, prev) else _diagnosis(row, revision, prev)
        return RowReport(row, fault, is_last=raw_row(raw, chain, revision + 1) is None)


def _verify(connection: sqlite3.Connection, chain: str | None, folding: type[_Folding]) -> Iterator[ChainReport]:
    for name, rows in groupby(raw_rows(connection, chain), key=itemgetter(SESSION_ID)):
        yield _verify_chain(connection, name, rows, folding())
    for name in chains_without_rows(connection):
        if chain is None or name == chain:
            yield ChainReport(shown(name), 0, 0, replayed=False, fault=Fault(1, "every row of this chain is missing"))


def _verify_chain(
    connection: sqlite3.Connection, name: Value, rows: Iterator[RawRow], folding: _Folding
) -> ChainReport:
    count = erased = 0
    head = GENESIS
    fault: Fault | None = None
    folds = name != SERVER_CHAIN
    for row in rows:
        count += 1
        if fault is not None:
            continue
        if not _sound(row, count, head):
            fault = _diagnosis(row, count, head)
            continue
        head = str(row[HASH])
        erased += row[BODY] is None
        if folds:
            fault = folding.take(row)
    if fault is None:
        stored = stored_session(connection, name) if folds else stored_server_head(connection, name)
        fault = _end(count, head, stored) or (folding.compare(count, head, stored or {}) if folds else None)
    return ChainReport(shown(name), count, erased, replayed=folds and folding.replayed and fault is None, fault=fault)


def _sound(row: RawRow, revision: int, prev: str) -> bool:
    """Whether a row is what it must be. The one thing that is done for every row there is."""
    try:
        body = row[BODY]
        return (
            _PLAIN.issuperset(map(type, row))
            and row[REVISION] == revision
            and row[PREV] == prev
            and row[HASH] == hash_of(dict(zip(HASHED, row)))  # type: ignore[arg-type] # noqa: B905 # pyright: ignore[reportArgumentType] -- plain; body and hash are beyond HASHED
            and (body is None or row[BODY_DIGEST] == body_digest(body))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] -- a number has no `encode`
        )
    except (ValueError, AttributeError):
        return False


def _diagnosis(row: RawRow, revision: int, prev: str) -> Fault:
    """Say what is wrong with a row that is not sound."""
    found = row[REVISION]
    if found != revision or type(found) is not int:
        if type(found) is int and found > revision:
            gap = f"row {revision} is" if found == revision + 1 else f"rows {revision} to {found - 1} are"
            return Fault(revision, f"{gap} missing; the next is {found}")
        return Fault(revision, f"a row with the revision {shown(found)} stands where row {revision} must be")
    odd = [name for name, value in zip((*HASHED, "body", "hash"), row, strict=True) if type(value) not in _PLAIN]
    if odd:
        return Fault(revision, f"{', '.join(odd)}: not text, a whole number or null")
    if row[PREV] != prev:
        before = f"the hash of row {revision - 1}" if revision > 1 else "what a first row has"
        return Fault(revision, f"prev is not {before}: it, or the row before it, was changed or replaced")
    if not _hash_agrees(row):
        return Fault(revision, "its columns were changed: they do not give its hash")
    return Fault(revision, "its body was changed: it does not give body_digest")


def _hash_agrees(row: RawRow) -> bool:
    return _sound((*row[:BODY], None, row[HASH]), int(row[REVISION] or 0), str(row[PREV]))


def _end(last: int, head: str, stored: dict[str, Value] | None) -> Fault | None:
    """Hold the end of a chain against what is kept of it elsewhere."""
    if stored is None:
        return Fault(1, "there is no snapshot to this chain; it was deleted, or the rows are forged")
    revision = stored["revision"]
    if type(revision) is not int or revision < last:
        return Fault(last, f"the snapshot is at revision {shown(revision)}, and the last row is {last}")
    if revision > last:
        return Fault(last + 1, f"the end is cut off: the last row is {last}, and the snapshot is at {revision}")
    if stored["head"] != head:
        return Fault(last, "the last row is not the one the snapshot was made of: its hash is not the snapshot's head")
    return None


class _NoFold:
    replayed = False

    def take(self, _row: RawRow) -> Fault | None:
        return None

    def compare(self, _last: int, _head: str, _stored: dict[str, Value]) -> Fault | None:
        return None


class _Fold:
    """Folds as far as there are bodies."""

    def __init__(self) -> None:
        self.replayed = True
        self._session: Session | None = None

    def take(self, row: RawRow) -> Fault | None:
        self.replayed = self.replayed and row[BODY] is not None
        if not self.replayed:
            return None
        try:
            self._session = fold(self._session, audit_row(row)).session
        except ReplayError as error:
            return Fault(error.revision, error.problem)
        return None

    def compare(self, last: int, head: str, stored: dict[str, Value]) -> Fault | None:
        if not self.replayed or self._session is None:
            return None
        changed = differences(self._session, head, stored)
        return Fault(last, f"the snapshot is not what the rows make: {', '.join(changed)}") if changed else None


_PLAIN: Final = frozenset((str, int, type(None)))

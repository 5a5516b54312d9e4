"""A database with many sessions: real ones, played through the governor, and multiplied with other handles, people,
times and values. Every chain is hashed anew, and its snapshot is what its rows make: `pointsman audit verify` says so.

    python -m tests.benchmarks.large_database FILE [SESSIONS]
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from pydantic_core import to_json
from sqlalchemy import Connection

from pointsman.contracts.times import iso, milliseconds
from pointsman.server.audit.chain import GENESIS, HASHED, AuditRow
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.store.opening import open_database, use_wal
from pointsman.server.store.projections import SessionKey, projection, searched
from pointsman.server.store.reading import audit_rows, read_session
from pointsman.server.store.rows import SessionRow, session_row
from pointsman.server.store.tables import metadata

from .plays import CUSTOMER, DECIDER, NUMBER, STARTER, Played, played

SESSIONS: Final = 100_000
DAYS: Final = 400
"""How old the oldest session is; those that have not ended are younger than a fifth of that."""
_DAY_MS: Final = 86_400_000
_PEOPLE: Final = 400
_DECIDERS: Final = 20
_CUSTOMERS: Final = 5_000
_AT_ONCE: Final = 500
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"
_TIME: Final = re.compile(r"(?<![\w.])[12][0-9]{12}(?![\w.])")
_KEY: Final = re.compile(r"\bpm-[0-9a-f]+")
_RANDOM_NAME: Final = re.compile(r"[0-9a-f]{32}\Z")
_SALT: Final = re.compile(r'"salt":"[0-9a-f]+"')
_COLUMNS: Final = {name: AuditRow._fields.index(name) for name in AuditRow._fields}
_SALT_AT, _DIGEST_AT, _PREV_AT, _OWN_AT = range(4)
"""Where in the values of a session those stand that are new in every row, and where the others begin."""


class RowPattern(NamedTuple):
    """An audit row with the places that are filled anew: the body, what is hashed, and its plain columns."""

    body: str
    hashed: str
    plain: AuditRow
    command: int


class Pattern(NamedTuple):
    """A session with the places that are filled anew."""

    rows: list[RowPattern]
    row: SessionRow
    snapshot: str
    keys: list[str]
    times_ms: list[int]
    commands: int
    reviews: list[tuple[object, ...]]
    unknown: list[tuple[object, ...]]


def make(path: Path, sessions: int = SESSIONS) -> None:
    """Make a database of so many sessions, some 50 rows each."""
    with tempfile.TemporaryDirectory() as folder:
        patterns, shares, definitions = asyncio.run(_patterns(Path(folder)))
    engine = open_database(path)
    engine.dispose()
    chance = random.Random(7)
    with _quickly(path) as connection:
        places = ", ".join("?" * len(metadata.tables["definitions"].c))
        connection.executemany(f"INSERT INTO definitions VALUES ({places})", definitions)
        handles = sorted("".join(chance.choices(_ALPHABET, k=26)) for _ in range(sessions))
        chosen = chance.choices(patterns, shares, k=sessions)
        for first in range(0, sessions, _AT_ONCE):
            one = slice(first, first + _AT_ONCE)
            _multiply(connection, list(zip(handles[one], chosen[one], strict=True)), first, chance)


async def _patterns(folder: Path) -> tuple[list[Pattern], list[float], list[tuple[object, ...]]]:
    async with played(folder) as (application, sessions):
        engine = application.engine
        patterns = [await _pattern(engine, one) for one in sessions]
        definitions = await engine.reading(_definitions)
    return patterns, [one.share for one in sessions], definitions


def _definitions(connection: Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM definitions")]


async def _pattern(engine: EmbeddedEngine, one: Played) -> Pattern:
    """Cut a session where its own values stand."""
    rows = await engine.reading(audit_rows, one.session)
    session = await engine.reading(read_session, one.session)
    assert session is not None
    row = session_row(session, "")
    texts = [row.snapshot, *(each.body or "" for each in rows)]
    keys = sorted({key for text in texts for key in _KEY.findall(text)})
    moments = {int(found) for text in texts for found in _TIME.findall(text)}
    times_ms = sorted({*moments, *(milliseconds(each.at) for each in rows), session.started_at})
    commands = sorted({each.command_id for each in rows if _RANDOM_NAME.match(each.command_id)})
    own = [one.session, STARTER, DECIDER, NUMBER, CUSTOMER, *keys, *commands]
    own += [str(at) for at in times_ms] + [iso(at) for at in times_ms]
    places = {text: number for number, text in enumerate(own, start=_OWN_AT)}
    cut = _Cut(places)
    listed = projection(session)
    return Pattern(
        [_row_pattern(each, cut, places) for each in rows],
        row,
        cut(row.snapshot),
        keys,
        times_ms,
        len(commands),
        [tuple(each) for each in listed.reviews],
        [tuple(each) for each in listed.unknown],
    )


class _Cut:
    """Turns a text into a format string in which certain texts are places."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places
        words = [re.escape(one) for one in sorted(places, key=len, reverse=True) if not _TIME.fullmatch(one)]
        self._pattern = re.compile("|".join([*words, _TIME.pattern]))

    def __call__(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for found in self._pattern.finditer(text):
            pieces += [_escaped(text[end : found.start()]), f"{{{self._places[found[0]]}}}"]
            end = found.end()
        return "".join([*pieces, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _row_pattern(row: AuditRow, cut: _Cut, places: Mapping[str, int]) -> RowPattern:
    assert row.body is not None
    before, salt, after = row.body.partition(_SALT.findall(row.body)[-1])
    assert salt
    body = f'{cut(before)}"salt":"{{{_SALT_AT}}}"{cut(after)}'
    hashed = row._asdict()
    text = to_json({name: hashed[name] for name in HASHED} | {"body_digest": "<digest>", "prev": "<prev>"}).decode()
    filled = cut(text).replace("<digest>", f"{{{_DIGEST_AT}}}").replace("<prev>", f"{{{_PREV_AT}}}")
    return RowPattern(body, filled, row, places.get(row.command_id, -1))


def _multiply(
    connection: sqlite3.Connection, wanted: Sequence[tuple[str, Pattern]], first: int, chance: random.Random
) -> None:
    """Write some sessions."""
    audit: list[tuple[object, ...]] = []
    sessions: list[tuple[object, ...]] = []
    listed: dict[str, list[tuple[object, ...]]] = {"reviews": [], "unknown_effects": [], "session_keys": []}
    for number, (handle, pattern) in enumerate(wanted, start=first):
        starter = f"local:person-{min(chance.randrange(_PEOPLE), chance.randrange(_PEOPLE)):03}"
        customer = f"Customer {chance.randrange(_CUSTOMERS):04} Ltd"
        shift_ms = _start_ms(pattern, chance) - pattern.row.started_at
        times_ms = [at + shift_ms for at in pattern.times_ms]
        values = ["", "", GENESIS, handle, starter, f"local:boss-{chance.randrange(_DECIDERS):02}"]
        values += [f"INV-{number:06}", customer]
        # The order of the keys is that of the ledger, and is kept.
        values += [key[:11] + f"{chance.getrandbits(256):064x}"[: len(key) - 11] for key in pattern.keys]
        values += [f"{chance.getrandbits(128):032x}" for _ in range(pattern.commands)]
        values += [*map(str, times_ms), *map(iso, times_ms)]
        audit += _rows(pattern, values, shift_ms, chance)
        row = pattern.row
        moved = row._replace(
            id=handle,
            started_by=starter,
            started_at=row.started_at + shift_ms,
            head=values[_PREV_AT],
            snapshot=pattern.snapshot.format(*values),
            next_timer_at=None if row.next_timer_at is None else row.next_timer_at + shift_ms,
            ended_at=None if row.ended_at is None else row.ended_at + shift_ms,
        )
        sessions.append(moved)
        listed["reviews"] += [_moved(one, handle, shift_ms) for one in pattern.reviews]
        listed["unknown_effects"] += [_moved(one, handle, shift_ms) for one in pattern.unknown]
        words = (f"INV-{number:06}", customer, "1250.5")
        listed["session_keys"] += [SessionKey(searched(word), handle) for word in words]
    connection.executemany(f"INSERT INTO sessions VALUES ({', '.join('?' * len(SessionRow._fields))})", sessions)
    connection.executemany(f"INSERT INTO audit VALUES ({', '.join('?' * len(AuditRow._fields))})", audit)
    for table, rows in listed.items():
        places = ", ".join("?" * len(metadata.tables[table].c))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def _start_ms(pattern: Pattern, chance: random.Random) -> int:
    days = DAYS if pattern.row.ended_at is not None else DAYS // 5
    return int(time.time() * 1_000) - _DAY_MS - chance.randrange(days * _DAY_MS)


def _rows(pattern: Pattern, values: list[str], shift_ms: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    """Give a session's rows, hashed one after the other; `values` has the hash of the last one at the end."""
    handle, starter, decider = values[_OWN_AT : _OWN_AT + 3]
    people = {STARTER: starter, DECIDER: decider}
    for body_pattern, hashed_pattern, plain, command in pattern.rows:
        values[_SALT_AT] = f"{chance.getrandbits(128):032x}"
        body = body_pattern.format(*values)
        values[_DIGEST_AT] = "sha256:" + hashlib.sha256(body.encode()).hexdigest()
        head = "sha256:" + hashlib.sha256(hashed_pattern.format(*values).encode()).hexdigest()
        row: list[object] = [*plain]
        row[_COLUMNS["session_id"]] = handle
        row[_COLUMNS["at"]] = iso(milliseconds(plain.at) + shift_ms)
        row[_COLUMNS["actor_id"]] = people.get(plain.actor_id, plain.actor_id)
        if command >= 0:
            row[_COLUMNS["command_id"]] = values[command]
        row[_COLUMNS["body"]] = body
        row[_COLUMNS["body_digest"]] = values[_DIGEST_AT]
        row[_COLUMNS["prev"]] = values[_PREV_AT]
        row[_COLUMNS["hash"]] = values[_PREV_AT] = head
        yield tuple(row)


def _moved(row: tuple[object, ...], handle: str, shift_ms: int) -> tuple[object, ...]:
    """Give a row of a list to another session, at another time: what is larger than any count is a moment."""
    later = (one + shift_ms if isinstance(one, int) and one > 1_000_000_000_000 else one for one in row[1:])
    return (handle, *later)


@contextmanager
def _quickly(path: Path) -> Generator[sqlite3.Connection]:
    """Write in one transaction, of which nothing is left if it fails; what rows are held to comes at the end."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    later = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name, _ in later:
        connection.execute(f"DROP {kind} {name}")
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.execute("COMMIT")
    for _, _, statement in later:
        connection.execute(statement)
    connection.execute("PRAGMA synchronous = FULL")
    use_wal(connection)
    connection.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # writes that must fail
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SESSIONS)

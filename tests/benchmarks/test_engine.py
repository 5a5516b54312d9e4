"""How fast the engine makes commands durable, beside what SQLite itself does on this disk. Nothing is asserted.

Every command leaves two rows and a new snapshot. The bare loop does what a program without any
engine would do for the same: one transaction a command, two inserts of rows of the same size and
one update, over the plain driver. Design, section 13, has the aims.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from pathlib import Path
from typing import Final

import pytest

from pointsman.server.audit.verify import verify, verify_and_replay
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.store.opening import reading
from tests.server.tale import note, opened, start, tale

pytestmark = pytest.mark.benchmark

COMMANDS: Final = 4_000
BARE_COMMANDS: Final = 1_000
SESSIONS: Final = (1, 10, 50)


def bare_commands_per_second(path: Path) -> float:
    """Do one transaction a command on the plain driver."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (session TEXT, revision INTEGER, body TEXT, PRIMARY KEY (session, revision))")
    connection.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, snapshot TEXT)")
    connection.execute("INSERT INTO sessions VALUES ('s', '')")
    body, snapshot = "x" * 700, "x" * 1_000
    began = time.perf_counter()
    for number in range(BARE_COMMANDS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT snapshot FROM sessions WHERE id = 's'").fetchone()
        rows = [("s", 2 * number, body), ("s", 2 * number + 1, body)]
        connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
        connection.execute("UPDATE sessions SET snapshot = ? WHERE id = 's'", (snapshot,))
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - began
    connection.close()
    return BARE_COMMANDS / elapsed


async def engine_commands_per_second(engine: EmbeddedEngine, sessions: int) -> float:
    """Let this many sessions send one command after the other, all at the same time."""
    workflow = tale()
    names = [f"of{sessions}-{number}" for number in range(sessions)]
    await asyncio.gather(*(engine.submit(name, start(name, workflow)) for name in names))
    left = itertools.repeat(None, COMMANDS)

    async def drive(name: str) -> None:
        for _ in left:
            await engine.submit(name, note(1))

    began = time.perf_counter()
    await asyncio.gather(*map(drive, names))
    return COMMANDS / (time.perf_counter() - began)


async def test_durable_commands_per_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    bare = bare_commands_per_second(tmp_path / "bare.sqlite3")
    async with opened(tmp_path / "engine.sqlite3") as engine:
        synchronous = await engine.writing(lambda connection: connection.exec_driver_sql("PRAGMA synchronous").scalar())
        lines.append(f"synchronous = {synchronous} (2 is FULL)")
        lines.append(f"bare sqlite3, one transaction a command: {bare:8,.0f}/s")
        for sessions in SESSIONS:
            rate = await engine_commands_per_second(engine, sessions)
            lines.append(f"engine, {sessions:2} sessions:                    {rate:8,.0f}/s, {rate / bare:.2f} times")
    bare = bare_commands_per_second(tmp_path / "bare-again.sqlite3")
    lines.append(f"bare sqlite3, again:                     {bare:8,.0f}/s")
    for check in (verify, verify_and_replay):
        with reading(tmp_path / "engine.sqlite3").connect() as connection, connection.begin():
            began = time.perf_counter()
            reports = list(check(connection))
            elapsed = time.perf_counter() - began
        assert all(report.ok for report in reports)
        rows = sum(report.rows for report in reports)
        lines.append(f"{check.__name__}: {rows / elapsed:,.0f} rows/s over {rows:,} rows")
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 -- what a benchmark is for

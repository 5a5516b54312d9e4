"""Design, section 9: triggers refuse UPDATE, DELETE and an INSERT whose revision is not the next."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.server.audit.chain import AuditRow
from tests.server.tale import note, opened, start, tale


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a session of four rows."""
    path = tmp_path_factory.mktemp("template") / "p.sqlite3"

    async def play() -> None:
        workflow = tale()
        async with opened(path, workflow) as engine:
            await engine.submit("s1", start("s1", workflow))
            await engine.submit("s1", note(1))

    asyncio.run(play())
    return path


@pytest.fixture(params=["OFF", "ON"])
def outside(template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """Somebody else's connection, with and without the pragma that other programs leave off."""
    connection = sqlite3.connect(shutil.copy(template, tmp_path), isolation_level=None)
    connection.execute(f"PRAGMA recursive_triggers = {request.param}")
    yield connection
    connection.close()


def row(connection: sqlite3.Connection, **changes: object) -> tuple[object, ...]:
    """The last row, as it would be with these columns."""
    last = AuditRow._make(connection.execute("SELECT * FROM audit ORDER BY revision DESC LIMIT 1").fetchone())
    return tuple((last._asdict() | changes).values())


PLACES = ", ".join("?" * len(AuditRow._fields))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET code = 'X'",
        "UPDATE audit SET body = NULL WHERE revision = 2",
        "UPDATE OR REPLACE audit SET revision = 1 WHERE revision = 2",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE revision = 4",
    ],
)
def test_a_row_is_never_changed_or_deleted(outside: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        outside.execute(statement)


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "REPLACE"])
@pytest.mark.parametrize("revision", [-1, 0, 1, 4, 6, "x", 5.5])
def test_a_row_that_is_not_the_next_is_refused(outside: sqlite3.Connection, verb: str, revision: object) -> None:
    before = outside.execute("SELECT * FROM audit").fetchall()
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(f"{verb} INTO audit VALUES ({PLACES})", row(outside, revision=revision))
    assert outside.execute("SELECT * FROM audit").fetchall() == before


def test_an_upsert_is_refused(outside: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(
            f"INSERT INTO audit VALUES ({PLACES}) ON CONFLICT DO UPDATE SET code = 'X'", row(outside, revision=4)
        )


def test_a_row_has_no_rowid_to_be_replaced_by(outside: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        outside.execute("SELECT rowid FROM audit")


def test_the_first_row_of_a_chain_has_the_revision_one(outside: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(f"INSERT INTO audit VALUES ({PLACES})", row(outside, session_id="new", revision=2))
    outside.execute(f"INSERT INTO audit VALUES ({PLACES})", row(outside, session_id="new", revision=1))

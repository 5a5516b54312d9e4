from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pointsman.fsm.snapshots import snapshot
from pointsman.server.audit.replay import ReplayError, compare, replay
from pointsman.server.store.opening import reading


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    with reading(path).connect() as opened, opened.begin():
        yield opened


@pytest.mark.parametrize("session", ["a", "b", "c"])
def test_a_replayed_session_is_the_stored_one_byte_for_byte(connection: Connection, session: str) -> None:
    """Design, section 1: folding a session's rows gives the snapshot, byte for byte."""
    steps = list(replay(connection, session))
    stored = connection.exec_driver_sql("SELECT snapshot FROM sessions WHERE id = ?", (session,)).scalar()
    assert snapshot(steps[-1].session) == stored
    assert compare(connection, steps[-1]) == []


def test_every_row_is_a_step(connection: Connection) -> None:
    steps = list(replay(connection, "a"))
    assert [step.row.revision for step in steps] == [step.session.revision for step in steps] == list(range(1, 9))
    assert [step.fact.kind for step in steps] == [step.row.kind for step in steps]


def test_nobodys_history_has_no_steps(connection: Connection) -> None:
    assert list(replay(connection, "nobody")) == []


def test_what_differs_from_the_snapshot_is_named(hand: sqlite3.Connection, connection: Connection) -> None:
    hand.execute("UPDATE sessions SET state = 'end', role = 'x' WHERE id = 'a'")
    assert compare(connection, list(replay(connection, "a"))[-1]) == ["state", "role"]
    hand.execute("DELETE FROM sessions WHERE id = 'b'")


def test_a_row_that_cannot_be_folded_is_named(hand: sqlite3.Connection, connection: Connection) -> None:
    hand.execute("UPDATE audit SET body = NULL WHERE session_id = 'a' AND revision = 3")
    hand.execute("DELETE FROM audit WHERE session_id = 'b' AND revision = 1")
    with pytest.raises(ReplayError, match=r"row 3: .*erased") as raised:
        list(replay(connection, "a"))
    assert raised.value.revision == 3
    with pytest.raises(ReplayError, match=r"row 2: .*started"):
        list(replay(connection, "b"))

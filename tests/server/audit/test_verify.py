"""Fault 22: an audit row edited, deleted, reordered is found, and the first bad row is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from pointsman.server.audit.chain import AuditRow, body_digest, row_hash
from pointsman.server.audit.verify import ChainReport, Fault, verify
from pointsman.server.errors import StoreUnreadable
from pointsman.server.store.opening import reading

from .conftest import Look

ROWS = {"a": 8, "b": 6, "c": 3, "server": 2}
KEY = {"session_id", "revision"}
COLUMNS = [name for name in AuditRow._fields if name not in KEY]
WHOLE_NUMBERS = {"revision", "duration_ms", "fact_version"}


def faulty(found: Mapping[str, ChainReport]) -> set[str]:
    return {chain for chain, report in found.items() if not report.ok}


def change(hand: sqlite3.Connection, chain: str, revision: int, column: str, value: object) -> None:
    statement = f"UPDATE audit SET {column} = ? WHERE session_id = ? AND revision = ?"
    assert hand.execute(statement, (value, chain, revision)).rowcount == 1


def row(hand: sqlite3.Connection, chain: str, revision: int) -> AuditRow:
    found = hand.execute("SELECT * FROM audit WHERE session_id = ? AND revision = ?", (chain, revision)).fetchone()
    return AuditRow._make(found)


def test_what_nobody_has_changed_verifies(look: Look) -> None:
    found = look()
    assert {chain: report.rows for chain, report in found.items()} == ROWS
    assert faulty(found) == set()
    assert {chain for chain, report in found.items() if report.replayed} == {"a", "b", "c"}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(("chain", "revision"), [("a", 1), ("a", 4), ("a", 8), ("server", 1), ("server", 2)])
def test_a_changed_column_is_found_in_its_row(
    hand: sqlite3.Connection, look: Look, chain: str, revision: int, column: str
) -> None:
    change(hand, chain, revision, column, 77 if column in WHOLE_NUMBERS else "changed")
    found = look()
    assert faulty(found) == {chain}
    fault = found[chain].fault
    assert fault is not None
    assert fault.revision == revision
    assert fault.problem


@pytest.mark.parametrize("column", COLUMNS)
def test_the_same_text_as_bytes_is_found(hand: sqlite3.Connection, look: Look, column: str) -> None:
    value = getattr(row(hand, "a", 4), column)
    change(hand, "a", 4, column, str(value).encode())
    assert look()["a"].fault is not None


def test_a_changed_session_is_found_in_both_chains(hand: sqlite3.Connection, look: Look) -> None:
    hand.execute("UPDATE audit SET session_id = 'c' WHERE session_id = 'a' AND revision = 8")
    hand.execute("UPDATE audit SET session_id = 'stranger' WHERE session_id = 'b' AND revision = 1")
    found = look()
    assert faulty(found) == {"a", "b", "c", "stranger"}
    assert found["a"].fault == Fault(8, "the end is cut off: the last row is 7, and the snapshot is at 8")
    assert found["b"].fault == Fault(1, "row 1 is missing; the next is 2")
    assert found["c"].fault == Fault(4, "rows 4 to 7 are missing; the next is 8")


@pytest.mark.parametrize("revision", range(1, 8))
def test_a_deleted_row_is_named(hand: sqlite3.Connection, look: Look, revision: int) -> None:
    hand.execute("DELETE FROM audit WHERE session_id = 'a' AND revision = ?", (revision,))
    found = look()
    assert faulty(found) == {"a"}
    assert found["a"].fault == Fault(revision, f"row {revision} is missing; the next is {revision + 1}")


@pytest.mark.parametrize("renumbered", [False, True])
def test_a_row_cut_out_is_found_even_when_the_others_are_numbered_again(
    hand: sqlite3.Connection, look: Look, *, renumbered: bool
) -> None:
    hand.execute("DELETE FROM audit WHERE session_id = 'a' AND revision = 4")
    if renumbered:
        hand.execute("UPDATE audit SET revision = revision - 100 WHERE session_id = 'a' AND revision > 4")
        hand.execute("UPDATE audit SET revision = revision + 99 WHERE session_id = 'a' AND revision < 0")
    fault = look()["a"].fault
    assert fault is not None
    assert fault.revision == 4


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 5), (7, 8)])
def test_swapped_rows_are_found_at_the_first(hand: sqlite3.Connection, look: Look, one: int, other: int) -> None:
    for before, after in ((one, -1), (other, one), (-1, other)):
        change(hand, "a", before, "revision", after)
    fault = look()["a"].fault
    assert fault is not None
    assert fault.revision == one


@pytest.mark.parametrize("left", range(1, 8))
def test_a_cut_tail_is_found_against_the_snapshot(hand: sqlite3.Connection, look: Look, left: int) -> None:
    hand.execute("DELETE FROM audit WHERE session_id = 'a' AND revision > ?", (left,))
    problem = f"the end is cut off: the last row is {left}, and the snapshot is at 8"
    assert look()["a"].fault == Fault(left + 1, problem)


def test_a_cut_tail_of_the_servers_chain_is_found(hand: sqlite3.Connection, look: Look) -> None:
    hand.execute("DELETE FROM audit WHERE session_id = 'server' AND revision = 2")
    fault = look()["server"].fault
    assert fault is not None
    assert fault.revision == 2


def test_a_history_without_rows_is_found(hand: sqlite3.Connection, look: Look) -> None:
    hand.execute("DELETE FROM audit WHERE session_id IN ('a', 'server')")
    found = look()
    assert faulty(found) == {"a", "server"}
    assert found["a"].fault == Fault(1, "every row of this chain is missing")
    assert found["a"].rows == 0


@pytest.mark.parametrize(("table", "key", "chain"), [("sessions", "id", "a"), ("server_chain", "chain", "server")])
def test_a_deleted_snapshot_is_found(hand: sqlite3.Connection, look: Look, table: str, key: str, chain: str) -> None:
    hand.execute(f"DELETE FROM {table} WHERE {key} = ?", (chain,))
    found = look()
    assert faulty(found) == {chain}
    assert found[chain].fault is not None
    assert "no snapshot" in str(found[chain].fault)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("revision", 7, "the snapshot is at revision 7, and the last row is 8"),
        ("revision", "x", "the snapshot is at revision x, and the last row is 8"),
        ("head", "sha256:" + "0" * 64, "not the one the snapshot was made of"),
    ],
)
def test_a_snapshot_that_is_not_of_the_last_row_is_found(
    hand: sqlite3.Connection, look: Look, column: str, value: object, said: str
) -> None:
    hand.execute(f"UPDATE sessions SET {column} = ? WHERE id = 'a'", (value,))
    fault = look()["a"].fault
    assert fault is not None
    assert fault.revision == 8
    assert said in fault.problem


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("snapshot", "{}"),
        ("state", "end"),
        ("actor", "human"),
        ("role", "reviewer"),
        ("started_by", "mallory"),
        ("started_at", 1),
        ("workflow", "other"),
        ("next_timer_at", 5),
        ("has_open", 1),
        ("ended_at", 5),
        ("format", 2),
    ],
)
def test_a_snapshot_that_is_not_what_the_rows_make_is_found_by_replay(
    hand: sqlite3.Connection, look: Look, column: str, value: object
) -> None:
    hand.execute(f"UPDATE sessions SET {column} = ? WHERE id = 'a'", (value,))
    assert look()["a"].fault == Fault(8, f"the snapshot is not what the rows make: {column}")


def test_a_row_with_a_new_hash_is_found_at_the_next(hand: sqlite3.Connection, look: Look) -> None:
    forged = row(hand, "a", 4)._replace(actor_id="mallory")
    change(hand, "a", 4, "actor_id", "mallory")
    change(hand, "a", 4, "hash", row_hash(forged))
    fault = look()["a"].fault
    assert fault is not None
    assert fault.revision == 5


def test_a_last_row_with_a_new_hash_is_found_against_the_snapshot(hand: sqlite3.Connection, look: Look) -> None:
    for chain, last in (("a", 8), ("server", 2)):
        forged = row(hand, chain, last)._replace(actor_id="mallory")
        change(hand, chain, last, "actor_id", "mallory")
        change(hand, chain, last, "hash", row_hash(forged))
    found = look()
    for chain, last in (("a", 8), ("server", 2)):
        fault = found[chain].fault
        assert fault is not None
        assert fault.revision == last


def forge(hand: sqlite3.Connection, body: str, **columns: object) -> None:
    """Change the second row of `c`, and everything after it, so that all hashes agree."""
    rows = [row(hand, "c", revision) for revision in (1, 2, 3)]
    changed: dict[str, object] = {"body": body, "body_digest": body_digest(body), **columns}
    prev = rows[0].hash
    for number, each in enumerate(rows[1:], start=2):
        made = each._replace(prev=prev, **(changed if number == 2 else {}))  # type: ignore[arg-type]
        made = made._replace(hash=row_hash(made))
        prev = made.hash
        for column in (*changed, "prev", "hash"):
            change(hand, "c", number, column, getattr(made, column))
    hand.execute("UPDATE sessions SET head = ? WHERE id = 'c'", (prev,))


@pytest.mark.parametrize(
    ("body", "columns", "said"),
    [
        ("{}", {}, "cannot be read"),
        ("{", {}, "cannot be read"),
        ("[]", {}, "cannot be read"),
        ("{}", {"kind": "rumoured"}, "cannot be read"),
        ('{"session":"c","started_by":"x","version":1,"workflow":"w","writes":{}}', {"kind": "started"}, "starts once"),
    ],
)
def test_a_forged_fact_whose_hashes_agree_is_found_by_the_fold(
    hand: sqlite3.Connection, path: Path, look: Look, body: str, columns: dict[str, str], said: str
) -> None:
    forge(hand, body, **columns)
    with reading(path).connect() as connection, connection.begin():
        assert all(report.ok for report in verify(connection))
    fault = look()["c"].fault
    assert fault is not None
    assert fault.revision == 2
    assert said in fault.problem


def test_an_erased_body_still_verifies_and_is_counted(hand: sqlite3.Connection, look: Look) -> None:
    """Design, section 9: a body can be erased later while the chain still verifies."""
    change(hand, "a", 3, "body", None)
    change(hand, "a", 4, "body", None)
    change(hand, "server", 1, "body", None)
    found = look()
    assert faulty(found) == set()
    assert {chain: report.erased for chain, report in found.items()} == {"a": 2, "b": 0, "c": 0, "server": 1}
    assert not found["a"].replayed


def test_text_that_is_not_utf8_is_found_and_the_rows_after_it_are_looked_at(
    hand: sqlite3.Connection, look: Look
) -> None:
    for chain in ("a", "b"):
        statement = "UPDATE audit SET actor_id = CAST(x'ff41' AS TEXT) WHERE session_id = ? AND revision = 3"
        hand.execute(statement, (chain,))
    hand.execute("UPDATE sessions SET state = CAST(x'ff41' AS TEXT) WHERE id = 'c'")
    hand.execute("UPDATE sessions SET id = CAST(x'ff41' AS TEXT) WHERE id = 'b'")
    found = look()
    faults = [found[chain].fault for chain in ("a", "b")]
    assert [fault.revision for fault in faults if fault] == [3, 3]
    assert found["c"].fault == Fault(3, "the snapshot is not what the rows make: state")
    assert found[r"'\udcffA'"].fault == Fault(1, "every row of this chain is missing")


def test_a_snapshot_that_is_not_utf8_is_found_where_it_is_met_first(hand: sqlite3.Connection, look: Look) -> None:
    hand.execute("UPDATE sessions SET snapshot = CAST(x'ff41' AS TEXT) WHERE id = 'a'")
    assert look()["a"].fault == Fault(8, "the snapshot is not what the rows make: snapshot")


def test_a_chain_with_text_that_is_not_utf8_is_verified_alone_and_the_connection_stays_strict(
    hand: sqlite3.Connection, path: Path
) -> None:
    hand.execute("UPDATE audit SET actor_id = CAST(x'ff41' AS TEXT) WHERE session_id = 'a' AND revision = 3")
    with reading(path).connect() as connection, connection.begin():
        (report,) = verify(connection, "a")
        assert report.fault == Fault(3, "its columns were changed: they do not give its hash")
        with pytest.raises(OperationalError, match="UTF-8"):
            connection.exec_driver_sql("SELECT actor_id FROM audit").all()


def test_a_row_below_the_first_is_named(hand: sqlite3.Connection, look: Look) -> None:
    change(hand, "a", 8, "revision", -5)
    assert look()["a"].fault == Fault(1, "a row with the revision -5 stands where row 1 must be")


@pytest.mark.parametrize("table", ["audit", "sessions"])
def test_a_table_that_is_gone_is_told(hand: sqlite3.Connection, path: Path, table: str) -> None:
    hand.execute(f"DROP TABLE {table}")
    with (
        reading(path).connect() as connection,
        connection.begin(),
        pytest.raises(StoreUnreadable, match=f"no such table: {table}"),
    ):
        list(verify(connection))


@pytest.mark.parametrize("chain", ["a", "server", "nobody"])
def test_one_chain_is_verified_alone(hand: sqlite3.Connection, path: Path, chain: str) -> None:
    change(hand, "b", 1, "actor_id", "mallory")
    with reading(path).connect() as connection, connection.begin():
        assert [report.chain for report in verify(connection, chain) if report.ok] == [chain] * (chain != "nobody")


def test_one_chain_without_rows_is_told(hand: sqlite3.Connection, path: Path) -> None:
    hand.execute("DELETE FROM audit WHERE session_id IN ('a', 'b')")
    with reading(path).connect() as connection, connection.begin():
        assert [report.chain for report in verify(connection, "a")] == ["a"]


HOSTILE = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["\0", "{}", "[]", '{"salt":1}', "sha256:", "9" * 400, "[" * 5_000]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(column=st.sampled_from(AuditRow._fields), revision=st.integers(1, 8), value=HOSTILE)
def test_whatever_a_column_holds_verification_says_so_and_does_not_fall(
    hand: sqlite3.Connection, look: Look, column: str, revision: int, value: object
) -> None:
    before = row(hand, "a", revision)
    hand.execute("BEGIN")
    try:
        change(hand, "a", revision, column, value)
    except sqlite3.IntegrityError:  # NOT NULL, or the key of another row
        hand.execute("ROLLBACK")
        return
    hand.execute("COMMIT")
    now = hand.execute(
        "SELECT * FROM audit WHERE session_id IN ('a', ?) AND revision IN (?, ?)",
        (value if column == "session_id" else "a", revision, value if column == "revision" else revision),
    ).fetchall()
    try:
        unchanged = tuple(before) in now
        erased = column == "body" and value is None
        assert (look()["a"].fault is None) == (unchanged or erased)
    finally:
        hand.execute("DELETE FROM audit WHERE (session_id, revision) = (?, ?)", before[:2])
        if column in KEY:
            keys = {"session_id": "a", "revision": revision, column: value}
            hand.execute("DELETE FROM audit WHERE (session_id, revision) = (?, ?)", tuple(keys.values()))
        hand.execute(f"INSERT INTO audit VALUES ({', '.join('?' * len(before))})", before)

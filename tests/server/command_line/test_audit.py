"""The audit from the command line (design, sections 9 and 10)."""

from __future__ import annotations

import sqlite3

import pytest

from pointsman.server.audit.chain import AuditRow
from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import ME, Shell


def change(shell: Shell, statement: str, *values: object) -> None:
    """Do to the database what its triggers refuse."""
    with sqlite3.connect(shell.database) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
    connection.close()


def test_rows_are_printed_with_the_column_names_of_the_table(shell: Shell) -> None:
    session = awaiting_boss(shell)
    rows = shell.run("audit", "show", session, "--json").lines
    assert [tuple(row) for row in rows] == [AuditRow._fields] * len(rows)
    assert [row["revision"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["kind"] for row in rows] == ["started", "entered", "accepted", "entered"]
    table = shell.run("audit", "show", session).stdout
    assert "drafting → awaiting_boss" in table


def test_one_row_is_shown_with_its_body(shell: Shell) -> None:
    session = awaiting_boss(shell)
    text = shell.run("audit", "show", session, "--revision", "3").stdout
    assert "It writes." in text
    [row] = shell.look("audit", "show", session, "--revision", "3")
    assert row["body"]["arguments"] == {"note": "It writes."}
    assert shell.run("audit", "show", session, "--revision", "99").code == 4


def test_rows_of_all_sessions_are_listed_newest_first_and_can_be_narrowed(shell: Shell) -> None:
    first, second = drafted(shell), awaiting_boss(shell, by="local:bob")
    rows = shell.look("audit", "list")
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert {row["session_id"] for row in rows} == {first, second}
    middle = next(row["at"] for row in rows if row["session_id"] == second and row["kind"] == "started")
    for arguments, found in (
        (("--session", first), {first}),
        (("--actor", "local:bob"), {second}),
        (("--kind", "accepted"), {second}),
        (("--action", "submit"), {second}),
        (("--since", middle), {second}),
        (("--until", middle), {first}),
        (("--code", "STALE"), set[str]()),
    ):
        assert {row["session_id"] for row in shell.look("audit", "list", *arguments)} == found, arguments
    assert len(shell.look("audit", "list", "--limit", "2")) == 2
    assert shell.run("audit", "list", "--since", "yesterday").code == 2


def test_what_was_not_touched_verifies(shell: Shell) -> None:
    session = awaiting_boss(shell)
    drafted(shell)
    done = shell.run("audit", "verify")
    assert done.code == 0
    assert done.stdout == "Verified: 6 rows in 2 histories; every snapshot is what its rows make.\n"
    [report] = shell.look("audit", "verify", session)
    assert report == {
        "session_id": session,
        "ok": True,
        "rows": 4,
        "erased": 0,
        "replayed": True,
        "first_bad_row": None,
    }


@pytest.mark.parametrize(
    ("statement", "revision", "said"),
    [
        ("UPDATE audit SET actor_id = 'local:eve' WHERE revision = 2 AND session_id = ?", 2, "columns were changed"),
        ("UPDATE audit SET body = replace(body, 'writes', 'draws') WHERE session_id = ?", 1, "body was changed"),
        ("DELETE FROM audit WHERE revision = 4 AND session_id = ?", 4, "cut off"),
        ("UPDATE sessions SET state = 'bought' WHERE id = ?", 4, "snapshot is not what the rows make: state"),
    ],
)
def test_what_was_changed_exits_3_and_names_the_first_bad_row(
    shell: Shell, statement: str, revision: int, said: str
) -> None:
    session = awaiting_boss(shell)
    good = drafted(shell)
    change(shell, statement, session)
    done = shell.run("audit", "verify", "--json")
    assert done.code == 3
    assert f"{session}: first bad row {revision}: " in done.stderr
    assert said in done.stderr
    assert [(one["session_id"], one["ok"]) for one in done.lines] == [(session, False), (good, True)]
    assert done.lines[0]["first_bad_row"]["revision"] == revision
    assert shell.look("audit", "verify", good)[0]["ok"]


def test_one_session_is_verified_by_itself(shell: Shell) -> None:
    bad, good = awaiting_boss(shell), drafted(shell)
    change(shell, "UPDATE audit SET actor_id = 'local:eve' WHERE revision = 2 AND session_id = ?", bad)
    assert shell.run("audit", "verify", bad).code == 3
    assert shell.run("audit", "verify", good).code == 0


def test_a_session_is_made_again_from_its_rows_byte_for_byte(shell: Shell) -> None:
    session = awaiting_boss(shell)
    done = shell.run("audit", "replay", session)
    assert done.code == 0
    assert "After row 4 the session is in awaiting_boss. The snapshot is the same, byte for byte." in done.stdout
    replayed = shell.look("audit", "replay", session)
    assert (replayed["equal"], [step["state"] for step in replayed["path"]]) == (True, ["drafting", "awaiting_boss"])
    earlier = shell.look("audit", "replay", session, "--to", "2")
    assert (earlier["state"], earlier["equal"], earlier["record"]) == ("drafting", None, {"item": "pen", "amount": 12})


def test_a_snapshot_that_is_not_what_the_rows_make_exits_3(shell: Shell) -> None:
    session = awaiting_boss(shell)
    change(shell, "UPDATE sessions SET snapshot = replace(snapshot, 'pen', 'pan') WHERE id = ?", session)
    done = shell.run("audit", "replay", session)
    assert done.code == 3
    assert "The snapshot is not what the rows make: snapshot." in done.stderr


def test_rows_that_make_no_session_exit_3(shell: Shell) -> None:
    session = awaiting_boss(shell)
    change(shell, "UPDATE audit SET body = '{}' WHERE revision = 2 AND session_id = ?", session)
    done = shell.run("audit", "replay", session)
    assert done.code == 3
    assert "row 2" in done.stderr
    assert "Traceback" not in done.stderr


def test_refused_starts_are_in_the_chain_that_belongs_to_no_session(shell: Shell) -> None:
    shell.run("sessions", "start", "purchase.yaml")
    [row] = shell.look("audit", "show", "server")
    assert (row["code"], row["actor_id"], row["channel"]) == ("MISSING_FIELDS", ME, "cli")

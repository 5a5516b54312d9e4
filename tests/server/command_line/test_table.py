"""`pointsman table`, as the user runs it."""

import csv
import io

from tests.server.command_line.terminal import Shell


def test_the_table_is_printed_in_three_formats(shell: Shell) -> None:
    assert shell.run("table", "purchase.yaml").stdout.startswith("# purchase\n")
    assert shell.run("table", "purchase.yaml", "--format", "html").stdout.startswith("<!DOCTYPE html>")
    done = shell.run("table", "purchase.yaml", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["Next state"] for row in rows if row["Current state"] == "ordering"] == ["bought", "dropped", "lost"]


def test_the_table_is_written_to_a_file_byte_for_byte(shell: Shell) -> None:
    done = shell.run("table", "purchase.yaml", "--format", "csv", "--output", "purchase.csv")
    assert (done.code, done.stdout) == (0, "")
    written = (shell.place / "purchase.csv").read_bytes()
    assert written.startswith(b"Current state,Event,Condition,Next state,Action,Retry rule,Human review\r\n")
    assert b"\r\r" not in written


def test_unknown_files_exit_4_faults_exit_1_and_unknown_formats_exit_2(shell: Shell) -> None:
    assert shell.run("table", "nowhere.yaml").code == 4
    assert shell.run("table", "purchase.yaml", "--output", "nowhere/table.md").code == 4
    (shell.place / "bad.yaml").write_text("workflow: bad\n")
    assert shell.run("table", "bad.yaml").code == 1
    assert shell.run("table", "purchase.yaml", "--format", "pdf").code == 2

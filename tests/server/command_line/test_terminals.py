"""What a person sees: at 80 columns, where there is nothing, and after a mistyped word."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pointsman.server.command_line import main
from pointsman.server.command_line.invocation import program
from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import Shell


def plain(text: str) -> str:
    """The text without what colours it."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", [("sessions", "list"), ("review", "list"), ("audit", "list")])
def test_handles_are_whole_and_no_line_is_longer_than_the_terminal(
    shell: Shell, command: tuple[str, str], columns: int
) -> None:
    session = awaiting_boss(shell)
    done = shell.at_terminal(*command, columns=columns)
    assert done.code == 0
    lines = [line for line in plain(done.stdout).splitlines() if not line.startswith("No room")]
    assert any(line.startswith(f"{session}  ") for line in lines)
    assert max(map(len, lines)) <= columns


def test_what_there_is_no_room_for_is_said(shell: Shell) -> None:
    awaiting_boss(shell)
    assert "No room here for: started by" in shell.at_terminal("sessions", "list", columns=60).stdout
    assert "No room" not in shell.at_terminal("sessions", "list", columns=140).stdout


def test_an_empty_list_is_a_sentence_and_no_line_of_json(shell: Shell) -> None:
    drafted(shell)
    said = {
        ("review", "list"): "Nothing waits for a person.\n",
        ("review", "list", "--role", "boss"): "Nothing waits for the role boss.\n",
        ("sessions", "list", "--state", "nowhere"): "No session is like that.\n",
        ("audit", "list", "--code", "STALE"): "No row is like that.\n",
        ("token", "list"): "Nobody has a token yet. One is made so: ",
    }
    for command, sentence in said.items():
        done = shell.run(*command)
        assert done.stdout.startswith(sentence)
        assert len(done.stdout.splitlines()) == 1
        assert shell.run(*command, "--json").stdout == ""


def test_a_database_without_sessions_says_so(shell: Shell) -> None:
    made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    assert made.code == 0
    assert shell.run("sessions", "list").stdout == "There are no sessions yet.\n"


def test_a_review_shows_its_fields_in_the_order_of_the_workflow_and_its_demands_in_words(shell: Shell) -> None:
    session = awaiting_boss(shell)
    said = shell.run("review", "show", session).stdout
    shown = said.partition("Shown (frozen)\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in shown.splitlines()] == ["item", "amount", "note"]
    decisions = said.partition("Decisions\n")[2]
    assert "approve → ordering\n" in decisions
    assert "Buy it." in decisions
    assert re.search(r"amount \(optional\) +number, at least 0\n", decisions)
    assert re.search(r"rationale \(required\) +text", decisions)
    assert "{" not in decisions
    assert shell.look("review", "show", session)["decisions"][0]["input_schema"]["properties"]["amount"] == {
        "type": "number",
        "minimum": 0,
    }


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("sesions", "list"), "sessions"),
        (("sessions", "lst"), "list"),
        (("audit", "verfy"), "verify"),
        (("graph", "purchase.yaml", "--format", "swg"), "svg"),
        (("graph", "purchase.yaml", "--fromat", "svg"), "--format"),
        (("audit", "list", "--kind", "entred"), "entered"),
    ],
)
def test_a_mistyped_word_is_told_what_it_may_have_meant(words: tuple[str, ...], meant: str) -> None:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert f"Did you mean '{meant}'?" in done.stderr


def test_a_word_that_is_near_nothing_is_just_unknown() -> None:
    done = CliRunner().invoke(main, ["xyzzy"])
    assert done.exit_code == 2
    assert "No such command 'xyzzy'." in done.stderr
    assert "Did you mean" not in done.stderr


def test_commands_to_copy_begin_as_this_one_did(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert program() == "uv run pointsman"
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH")
    script = tmp_path / "a b" / "pointsman"
    script.parent.mkdir()
    script.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(script)])
    monkeypatch.setenv("PATH", "")
    assert program() == f"'{script}'"
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}/nowhere")
    assert program() == "pointsman"
    monkeypatch.setattr("sys.argv", ["server/__main__.py"])
    assert program().endswith(" -m pointsman.server")


def test_a_role_that_no_known_workflow_has_is_warned_of_and_made(shell: Shell) -> None:
    awaiting_boss(shell)
    made = shell.at_terminal("token", "create", "maria", "--role", "bos", "--role", "procurement", typed="maria")
    assert made.code == 0
    assert "Warning: No workflow that is known here has the role 'bos'. Did you mean 'boss'?" in made.stdout
    assert "a workflow that was never served here is not among them" in made.stdout
    assert "'procurement'" not in made.stdout  # a role of the gallery's
    assert "Warning" not in shell.at_terminal("token", "create", "eve", "--role", "auditor", typed="eve").stdout
    assert "Warning" not in shell.at_terminal("token", "create", "ann", "--role", "boss", typed="ann").stdout


def test_a_role_of_a_workflow_files_newest_text_is_known(shell: Shell) -> None:
    awaiting_boss(shell)
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("roles: [boss]", "roles: [boss, deputy]"))
    assert "Warning" not in shell.at_terminal("token", "create", "ann", "--role", "deputy", typed="ann").stdout
    file.write_text("no: workflow\n")
    assert "'deputy'" in shell.at_terminal("token", "create", "bob", "--role", "deputy", typed="bob").stdout


def test_settings_are_found_from_the_current_directory_upwards_and_paths_in_them_are_relative_to_them(
    shell: Shell,
) -> None:
    drafted(shell)
    below = shell.place / "a" / "b"
    below.mkdir(parents=True)
    (shell.place / "pointsman.toml").write_text('database = "pointsman.sqlite3"\n')
    deep = Shell(below)
    found = deep.run("sessions", "list", "--json", env={"POINTSMAN_DATABASE": ""})
    assert len(found.lines) == 1
    (below.parent / "pointsman.toml").write_text('database = "nearer.sqlite3"\n')
    nearer = deep.run("sessions", "list", env={"POINTSMAN_DATABASE": ""})
    assert nearer.code == 4
    assert str(below.parent / "nearer.sqlite3") in nearer.stderr

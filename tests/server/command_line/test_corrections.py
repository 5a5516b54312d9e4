"""`pointsman corrections export` (design, section 10)."""

from __future__ import annotations

import pytest

from tests.server.command_line.remote import remote, token_of
from tests.server.command_line.story import awaiting_boss, drafted
from tests.server.command_line.terminal import Shell


def decided(shell: Shell, *arguments: str) -> str:
    session = awaiting_boss(shell, by="local:bob")
    done = shell.at_terminal("review", "decide", session, *arguments, typed=arguments[0])
    assert done.code == 0, done.stdout
    return session


def test_what_was_rejected_is_a_line_of_json_and_what_was_taken_comes_if_asked_for(shell: Shell) -> None:
    rejected = decided(shell, "reject", "--rationale", "Too many pens.")
    accepted = decided(shell, "approve", "--rationale", "Fine.")
    awaiting_boss(shell)
    drafted(shell)
    done = shell.run("corrections", "export")
    assert (done.code, done.stderr) == (0, "1 example.\n")
    (example,) = done.lines
    assert (example["session"], example["label"], example["corrected"]) == (rejected, "rejected", None)
    assert example["input"]["shown"] == {"item": "pen", "amount": 12}
    assert example["output"]["payload"] == {"note": "It writes."}
    assert example["reviewer_rationale"] == "Too many pens."
    everything = shell.run("corrections", "export", "--all").lines
    assert {one["session"]: one["label"] for one in everything} == {rejected: "rejected", accepted: "accepted"}


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("--workflow", "purchase", "--version", "1", "--state", "drafting", "--since", "2026-01-01"), 1),
        (("--state", "awaiting_boss"), 0),
        (("--until", "2026-01-01"), 0),
    ],
)
def test_examples_are_narrowed_by_options(shell: Shell, arguments: tuple[str, ...], count: int) -> None:
    decided(shell, "reject", "--rationale", "No.")
    assert len(shell.run("corrections", "export", *arguments).lines) == count


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workflow", "purchas"), "Did you mean 'purchase'?"),
        (("--version", "2"), "No session is of version 2. There are: 1."),
        (("--state", "draftin"), "Did you mean 'drafting'?"),
    ],
)
def test_a_name_that_is_not_there_is_wrong_usage(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    decided(shell, "approve", "--rationale", "Yes.")
    done = shell.run("corrections", "export", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.stderr
    nothing = shell.run("corrections", "export", "--workflow", "purchase")
    assert (nothing.code, nothing.stdout, nothing.stderr) == (0, "", "0 examples.\n")


def test_a_moment_that_is_none_and_a_database_that_is_not_there_are_said(shell: Shell) -> None:
    assert shell.run("corrections", "export", "--since", "yesterday").code == 2
    missing = shell.run("corrections", "export", "--database", "nowhere.sqlite3")
    assert missing.code == 4
    assert "nowhere.sqlite3" in missing.stderr


def test_a_server_gives_what_its_database_gives_to_those_who_may_see_it(shell: Shell) -> None:
    for event in ("reject", "approve"):
        decided(shell, event, "--rationale", "So.")
    whole = shell.run("corrections", "export", "--all").lines
    with remote(shell) as asked:
        assert asked.run("corrections", "export", "--all").lines == whole
        assert asked.run("corrections", "export", "--workflow", "sales").code == 2
        nobody = token_of(shell, "nina", "clerk")
        assert asked.run("corrections", "export", "--all", token=nobody).lines == []
    assert len(whole) == 2

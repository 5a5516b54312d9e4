"""Design, section 7: the making of a human token needs a terminal, where the name is typed once more."""

import sqlite3

import pytest
from click.testing import CliRunner

from pointsman.server.command_line import main
from tests.server.command_line.terminal import Ended, Shell


def create(shell: Shell, *more: str, name: str = "maria", typed: str | None = None) -> str:
    done = shell.at_terminal("token", "create", name, "--role", "boss", *more, typed=typed or name)
    assert done.code == 0, done
    return next(word for word in done.stdout.split() if word.startswith("pmh_"))


def revoke(shell: Shell, name: str) -> Ended:
    return shell.at_terminal("token", "revoke", name, typed=name)


def test_a_token_is_made_at_a_terminal_shown_once_and_stored_as_its_hash_only(shell: Shell) -> None:
    token = create(shell)
    assert len(token) == len("pmh_") + 43  # 256 bits in base64
    [listed] = shell.look("token", "list")
    assert (listed["name"], listed["kind"], listed["roles"], listed["status"]) == ("maria", "human", ["boss"], "valid")
    assert token.encode() not in b"".join(file.read_bytes() for file in shell.place.iterdir() if file.is_file())
    assert sqlite3.connect(shell.database).execute("SELECT token_hash LIKE 'sha256:%' FROM principals").fetchone() == (
        1,
    )


def test_without_a_terminal_no_token_is_made(shell: Shell) -> None:
    done = shell.run("token", "create", "maria", "--role", "boss", stdin="maria\n")
    assert done.code == 2
    assert "made at a terminal" in done.stderr
    assert not shell.database.exists()


def test_another_name_typed_makes_no_token(shell: Shell) -> None:
    done = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="mario")
    assert done.code == 2
    assert "'mario' is not 'maria'. Nothing was done." in done.stdout
    assert not shell.database.exists()


@pytest.mark.parametrize("kind", ["agent", "system"])
def test_tokens_of_agents_and_systems_are_said_to_come_with_http(kind: str) -> None:
    done = CliRunner().invoke(main, ["token", "create", "bot", "--role", "boss", "--kind", kind])
    assert done.exit_code == 2
    assert "come with the HTTP server" in done.stderr


def test_a_name_that_could_be_taken_for_a_local_user_is_refused() -> None:
    done = CliRunner().invoke(main, ["token", "create", "local:alice", "--role", "boss"])
    assert done.exit_code == 2
    assert "'local:alice'" in done.stderr


def test_a_second_token_needs_the_first_to_be_revoked(shell: Shell) -> None:
    first = create(shell)
    again = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    assert again.code == 1
    assert "pointsman token revoke maria" in again.stdout
    assert revoke(shell, "maria").code == 0
    assert shell.look("token", "list")[0]["status"] == "revoked"
    assert create(shell, "--expires", "90d") != first
    [listed] = shell.look("token", "list")
    assert listed["status"] == "valid"
    assert listed["expires_at"] > listed["created_at"]


def test_revoking_what_is_not_there_is_a_problem(shell: Shell) -> None:
    create(shell)
    assert revoke(shell, "nobody").code == 1
    assert revoke(shell, "maria").code == 0
    assert revoke(shell, "maria").code == 1


def test_a_token_is_revoked_by_a_person_and_by_no_program(shell: Shell) -> None:
    token = create(shell)
    alone = shell.run("token", "revoke", "maria", stdin="maria\n")
    assert alone.code == 2
    assert "at a terminal, where the name is typed once more, or with a person's token" in alone.stderr
    assert shell.at_terminal("token", "revoke", "maria", typed="mario").code == 2
    assert shell.run("token", "revoke", "maria", "--token", "pmh_guessed").code == 1
    assert shell.look("token", "list")[0]["status"] == "valid"
    assert shell.run("token", "revoke", "maria", "--token", token).code == 0
    assert shell.look("token", "list")[0]["status"] == "revoked"
    assert shell.run("token", "revoke", "maria", "--token", token).code == 1


@pytest.mark.parametrize("text", ["90", "0d", "-1d", "1y", "99999d"])
def test_an_expiry_is_hours_or_days(text: str) -> None:
    done = CliRunner().invoke(main, ["token", "create", "maria", "--role", "boss", "--expires", text])
    assert done.exit_code == 2
    assert "write 12h or 90d" in done.stderr

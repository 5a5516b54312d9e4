"""Design, section 7: the making of a human token needs a terminal, where the name is typed once more."""

import json
import sqlite3

import pytest
from click.testing import CliRunner

from pointsman.server.command_line import main
from pointsman.server.identity import local_principal
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


@pytest.mark.parametrize(("kind", "prefix"), [("agent", "pma_"), ("system", "pms_")])
def test_a_token_of_an_agent_or_a_system_needs_no_terminal_and_has_an_owner(
    shell: Shell, kind: str, prefix: str
) -> None:
    """Design, section 7: the accountable principal of what it starts is the token's owner."""
    made = json.loads(shell.run("token", "create", "bot", "--kind", kind, "--owner", "maria", "--json").stdout)
    assert made["token"].startswith(prefix)
    assert (made["kind"], made["owner"], made["roles"], made["session"]) == (kind, "maria", [], None)
    bound = shell.run("token", "create", "other", "--kind", kind, "--session", "s" * 26, "--json")
    assert json.loads(bound.stdout)["session"] == "s" * 26
    assert json.loads(bound.stdout)["owner"] == local_principal()


def test_a_name_keeps_its_kind(shell: Shell) -> None:
    """Its rows in the audit say what it was; a person must not come after an agent of the same name."""
    shell.run("token", "create", "maria", "--kind", "agent")
    assert shell.at_terminal("token", "revoke", "maria", typed="maria").code == 0
    done = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    assert done.code == 1
    assert "is of the kind agent" in done.stdout


def test_who_made_and_who_revoked_a_token_is_audited_and_the_token_is_not(shell: Shell) -> None:
    token = create(shell)
    revoke(shell, "maria")
    rows = shell.look("audit", "show", "server")
    assert [(row["action"], row["outcome"], row["actor_id"]) for row in rows] == [
        ("create_token", "done", local_principal()),
        ("revoke_token", "done", local_principal()),
    ]
    assert rows[0]["body"]["result"]["name"] == "maria"
    assert token not in json.dumps(rows)
    assert shell.run("audit", "verify").code == 0


@pytest.mark.parametrize("owner", ["oidc:auth0|5f7c", "oidc:a%2Fb", "oidc:Zoë Ångström", "local:maria"])
def test_an_owner_may_be_whoever_an_issuer_names(shell: Shell, owner: str) -> None:
    made = json.loads(shell.run("token", "create", "bot", "--kind", "agent", "--owner", owner, "--json").stdout)
    assert made["owner"] == owner


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--kind", "agent", "--owner", "mar ia"], "a person's name"),
        (["--kind", "agent", "--owner", "oidc:ada/assistant"], "a person's name"),
        (["--kind", "agent", "--owner", "oidc:ada\u202e"], "a person's name"),
        (["--kind", "agent", "--session", "x y"], "--session"),
        (["--owner", "maria", "--role", "boss"], "answers for themselves"),
        ([], "needs a role"),
    ],
)
def test_a_token_that_makes_no_sense_is_told_why(words: list[str], told: str) -> None:
    done = CliRunner().invoke(main, ["token", "create", "bot", *words])
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_name_that_could_be_taken_for_a_local_user_is_refused() -> None:
    done = CliRunner().invoke(main, ["token", "create", "local:alice", "--role", "boss"])
    assert done.exit_code == 2
    assert "'local:alice'" in done.stderr


def test_a_name_that_the_audit_gives_to_strangers_is_refused() -> None:
    done = CliRunner().invoke(main, ["token", "create", "unknown", "--kind", "system"])
    assert done.exit_code == 2
    assert "has not said who they are" in done.stderr


def test_an_owner_is_a_person_and_is_asked_for_under_the_name_they_have(shell: Shell) -> None:
    """Whoever started a session may be kept from deciding it: by exactly this name."""
    shell.run("token", "create", "scout", "--kind", "agent")
    owned = shell.run("token", "create", "bot", "--kind", "agent", "--owner", "scout")
    assert owned.code == 1
    assert "scout is of the kind agent" in owned.stderr
    create(shell)
    told = "Nobody has a token as"
    assert told not in shell.run("token", "create", "bot", "--kind", "agent", "--owner", "maria").stderr
    assert f"{told} Maria" in shell.run("token", "create", "robot", "--kind", "agent", "--owner", "Maria").stderr


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

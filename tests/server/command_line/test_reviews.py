"""Decisions from the command line (design, section 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import anyio
import pytest
from anyio import to_thread
from mcp import Client

from tests.server.command_line.story import FIELDS, awaiting_boss, call, drafted, server
from tests.server.command_line.terminal import ME, Ended, Shell


@pytest.fixture
def maria(shell: Shell) -> Callable[..., Ended]:
    """Maria, a boss, who decides with her token."""
    made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))

    def run(*arguments: str, shop_takes_s: float = 0) -> Ended:
        environment = {"POINTSMAN_TOKEN": token, "SHOP_TAKES_S": str(shop_takes_s)}
        return shell.run("review", "decide", *arguments, env=environment)

    return run


async def test_a_review_is_decided_from_a_second_terminal_while_a_client_holds_the_server_open(
    shell: Shell, maria: Callable[..., Ended]
) -> None:
    """The issue: a local user who may not decide is told so, and how to add a second person."""
    with anyio.fail_after(90):
        async with Client(server(shell), mode="legacy") as client:
            started = await call(client, "start", {"workflow": "purchase", "input": FIELDS})
            session = str(started["session"])
            submit = {"session": session, "action": "submit", "arguments": {"note": "It writes."}}
            assert (await call(client, "act", submit))["state"] == "awaiting_boss"

            [waiting] = (await to_thread.run_sync(shell.run, "review", "list", "--json")).lines
            assert (waiting["session"], waiting["role"]) == (session, "boss")

            own = await to_thread.run_sync(decide_at_terminal, shell, session)
            assert own.code == 1
            assert f"{ME} started this session, and nobody decides a session of their own." in own.stdout
            assert "  pointsman token create NAME --role boss" in own.stdout
            assert f"  pointsman review decide {session} approve --token TOKEN" in own.stdout

            arguments = (session, "approve", "--set", "amount=9", "--rationale", "Cheaper.")
            decided = await to_thread.run_sync(maria, *arguments)
            assert decided.code == 0, decided
            assert decided.stdout == f"Session {session} has ended in bought (success).\n"

            status = await call(client, "status", {"session": session})
            assert status["state"] == "bought"
    shown = shell.look("sessions", "show", session)
    assert shown["record"]["order"]["value"] == "pen for 9"
    [decision] = shell.look("audit", "list", "--kind", "decided")
    assert (decision["actor_id"], decision["actor_kind"], decision["channel"]) == ("maria", "human", "cli")
    assert decision["body"]["edits"] == {"amount": {"before": 12, "after": 9, "revision": 1}}
    assert shell.run("audit", "verify").code == 0


def decide_at_terminal(shell: Shell, session: str, typed: str = "approve") -> Ended:
    return shell.at_terminal("review", "decide", session, "approve", "--rationale", "Fine.", typed=typed)


def test_the_local_user_decides_at_a_terminal_with_every_role(shell: Shell) -> None:
    session = awaiting_boss(shell, by="local:bob")
    done = decide_at_terminal(shell, session)
    assert done.code == 0, done
    assert "It writes." in done.stdout, "what is decided on is shown first"
    assert f"Session {session} has ended in bought (success)." in done.stdout


def test_another_word_typed_decides_nothing(shell: Shell) -> None:
    session = awaiting_boss(shell, by="local:bob")
    done = decide_at_terminal(shell, session, typed="yes")
    assert done.code == 2
    assert "Nothing was done" in done.stdout
    assert shell.state(session) == "awaiting_boss"


def test_with_neither_terminal_nor_token_nothing_is_decided(shell: Shell) -> None:
    session = awaiting_boss(shell, by="local:bob")
    done = shell.run("review", "decide", session, "approve", "--rationale", "Fine.", stdin="approve\n")
    assert done.code == 2
    assert "made at a terminal" in done.stderr
    assert "POINTSMAN_TOKEN" in done.stderr
    assert shell.state(session) == "awaiting_boss"


def test_tokens_that_open_nothing_decide_nothing(shell: Shell, maria: Callable[..., Ended]) -> None:
    session = awaiting_boss(shell)
    unknown = shell.run("review", "decide", session, "approve", "--rationale", "x", "--token", "pmh_guessed")
    assert unknown.code == 1
    assert "not one of this server's" in unknown.stderr
    shell.at_terminal("token", "revoke", "maria", typed="maria")
    revoked = maria(session, "approve", "--rationale", "x")
    assert revoked.code == 1
    assert "The token of maria was revoked" in revoked.stderr
    strays = shell.look("audit", "list", "--session", "server", "--code", "FORBIDDEN")
    assert [row["action"] for row in strays] == ["approve", "approve"]
    assert shell.state(session) == "awaiting_boss"


def test_an_expired_token_decides_nothing(shell: Shell, maria: Callable[..., Ended]) -> None:
    session = awaiting_boss(shell)
    with sqlite3.connect(shell.database) as connection:
        connection.execute("UPDATE principals SET expires_at = 1")
    expired = maria(session, "approve", "--rationale", "x")
    assert expired.code == 1
    assert "has expired" in expired.stderr


def test_a_token_without_the_role_is_refused(shell: Shell) -> None:
    made = shell.at_terminal("token", "create", "otto", "--role", "cook", typed="otto")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))
    session = awaiting_boss(shell)
    done = shell.run("review", "decide", session, "approve", "--rationale", "x", "--token", token)
    assert done.code == 1
    assert "token create" not in done.stderr


def test_a_decision_that_misses_its_contract_is_refused_and_can_be_mended(
    shell: Shell, maria: Callable[..., Ended]
) -> None:
    session = awaiting_boss(shell)
    missing = maria(session, "approve")
    assert missing.code == 1
    assert "MISSING_FIELDS" in missing.stderr
    assert "rationale" in missing.stderr
    assert maria(session, "approve", "--rationale", "x", "--set", "item=other").code == 1
    assert maria(session, "agree", "--rationale", "x").stderr.startswith("Error: 'agree' is no decision")
    assert maria(session, "reject", "--rationale", "x").code == 0


def test_a_decision_is_bound_to_what_was_shown(shell: Shell, maria: Callable[..., Ended]) -> None:
    session = awaiting_boss(shell)
    digest = shell.look("review", "show", session)["shown_digest"]
    changed = maria(session, "reject", "--rationale", "x", "--shown", "sha256:" + "0" * 64)
    assert changed.code == 1
    assert digest in changed.stderr
    assert maria(session, "reject", "--rationale", "x", "--shown", digest).code == 0


def test_a_review_is_shown_with_what_may_be_edited_and_which_decisions_there_are(shell: Shell) -> None:
    session = awaiting_boss(shell)
    shown = shell.look("review", "show", session)
    assert shown["shown"] == {"item": "pen", "amount": 12, "note": "It writes."}
    assert (shown["role"], shown["edit"], shown["rationale"]) == ("boss", ["amount"], "required")
    assert {one["event"]: one["leads_to"] for one in shown["decisions"]} == {
        "approve": ["ordering"],
        "reject": ["dropped"],
    }
    assert shown["due"] > shown["opened_at"]
    text = shell.run("review", "show", session).stdout
    assert "rationale (required)" in text
    assert "\nShown (frozen)\n" in text
    assert shown["shown_digest"] in text


def test_where_nothing_waits_nothing_is_decided(shell: Shell, maria: Callable[..., Ended]) -> None:
    session = drafted(shell)
    done = maria(session, "approve", "--rationale", "x")
    assert done.code == 1
    assert "There is nothing to decide." in done.stderr
    assert shell.look("review", "list") == []


@pytest.mark.slow
async def test_what_a_decision_opens_is_run_to_its_end_and_nobody_takes_it_over_meanwhile(
    shell: Shell, maria: Callable[..., Ended]
) -> None:
    """Design, section 3: others take an open call over only when its lease (5 s) has expired."""
    with anyio.fail_after(90):
        async with Client(server(shell), mode="legacy") as client:
            started = await call(client, "start", {"workflow": "purchase", "input": FIELDS})
            session = str(started["session"])
            await call(client, "act", {"session": session, "action": "submit", "arguments": {"note": "It writes."}})
            decided = await to_thread.run_sync(lambda: maria(session, "approve", "--rationale", "x", shop_takes_s=8))
            assert decided.stdout == f"Session {session} has ended in bought (success).\n"
            assert shell.look("sessions", "show", session)["record"]["order"]["value"] == "pen for 12"

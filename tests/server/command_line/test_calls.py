"""Calls of tools that wait for a person, from the command line (workflow format, "a tool in a state": `approval`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping

import anyio
import pytest
from anyio import to_thread
from mcp import Client

from tests.server.command_line.story import FIELDS, call, server
from tests.server.command_line.terminal import ME, Ended, Shell

ORDERING = """
    goal: Say why it is needed.
    tools:
      - use: shop.order
        with: {item: =record.item}
        approval: {role: boss, exclude: [=session.started_by], within: 1d}
    failed: dropped
    unknown: lost
"""


@pytest.fixture
def maria(shell: Shell) -> Callable[..., Ended]:
    """Maria, a boss, who decides with her token; an agent may order what she approves."""
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("\n    goal: Say why it is needed.\n", ORDERING))
    made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
    token = next(word for word in made.stdout.split() if word.startswith("pmh_"))

    def run(*arguments: str) -> Ended:
        return shell.run("review", *arguments, env={"POINTSMAN_TOKEN": token})

    return run


async def asked(shell: Shell, client: Client, arguments: Mapping[str, object]) -> tuple[str, str]:
    """Start a session and ask for an order; give the session and the number of the approval."""
    started = await call(client, "start", {"workflow": "purchase", "input": FIELDS})
    session = str(started["session"])
    waiting = await order(client, session, arguments)
    assert waiting["outcome"] == "waiting", waiting
    [listed] = shell.look("review", "list")
    assert listed["id"] in json.dumps(waiting)
    return session, str(listed["id"])


async def order(client: Client, session: str, arguments: Mapping[str, object]) -> dict[str, object]:
    return await call(client, "act", {"session": session, "action": "shop.order", "arguments": {**arguments}})


async def test_an_agents_call_waits_until_a_person_approves_it_from_a_second_terminal(
    shell: Shell, maria: Callable[..., Ended]
) -> None:
    """The whole story: asked over MCP, seen, refused to the starter, approved by Maria, answered over MCP."""
    with anyio.fail_after(120):
        async with Client(server(shell), mode="legacy") as client:
            session, number = await asked(shell, client, {"amount": 12})
            assert number.startswith(f"{session}.")

            [listed] = await to_thread.run_sync(lambda: maria("list", "--json").lines)
            assert (listed["id"], listed["kind"], listed["tool"], listed["role"]) == (
                number,
                "call",
                "shop.order",
                "boss",
            )
            text = await to_thread.run_sync(lambda: maria("show", number).stdout)
            for told in (
                "shop.order",
                "write",
                "Say why it is needed.",
                ME,
                "Arguments",
                "pen",
            ):
                assert told in text

            own = await to_thread.run_sync(
                lambda: shell.at_terminal("review", "decide", number, "approve", typed="approve")
            )
            assert own.code == 1
            assert "FORBIDDEN" in own.stdout
            assert f"  pointsman review decide {number} approve --token TOKEN" in own.stdout

            decided = await to_thread.run_sync(lambda: maria("decide", number, "approve", "--rationale", "Cheap."))
            assert decided.code == 0, decided
            assert decided.stdout.splitlines() == [
                "shop.order: done.",
                f"Session {session} is in drafting: an agent acts.",
            ]
            again = await order(client, session, {"amount": 12})
            assert (again["outcome"], again["result"], again["repeated"]) == ("done", "pen for 12", True)
            twice = await to_thread.run_sync(lambda: maria("decide", number, "approve"))
            assert (twice.code, "was approved by maria, and is done" in twice.stderr) == (1, True)
    shown = shell.look("sessions", "show", session)
    assert [(one["status"], one["by"], one["arguments"]) for one in shown["approvals"]] == [
        ("done", "maria", {"amount": 12, "item": "pen"})
    ]
    assert "Calls put before a person" in shell.run("sessions", "show", session).stdout
    rows = shell.look("audit", "show", session)
    assert [(row["kind"], row["outcome"]) for row in rows if row["action"] == "shop.order"] == [
        ("intended", "waiting"),
        ("intended", None),
        ("settled", "done"),
        ("settled", "repeated"),
    ]
    assert shell.look("review", "list") == []
    assert shell.run("audit", "verify").code == 0


@pytest.mark.slow
async def test_what_was_shown_is_what_is_decided_and_nothing_else_is(shell: Shell, maria: Callable[..., Ended]) -> None:
    """faults.md 20: the agent asks for something else after the display; the number stays with what was shown."""
    with anyio.fail_after(120):
        async with Client(server(shell), mode="legacy") as client:
            session, number = await asked(shell, client, {"amount": 12})
            digest = await to_thread.run_sync(
                lambda: json.loads(maria("show", number, "--json").stdout)["shown_digest"]
            )
            await order(client, session, {"amount": 9999})
            changed = await to_thread.run_sync(lambda: maria("decide", number, "approve", "--shown", "sha256:0"))
            assert (changed.code, digest in changed.stderr) == (1, True)
            edited = await to_thread.run_sync(lambda: maria("decide", number, "approve", "--set", "amount=1"))
            assert (edited.code, "INVALID_FIELDS" in edited.stderr) == (1, True)
            other = await to_thread.run_sync(lambda: maria("decide", f"{session}.999", "approve"))
            assert (other.code, "No call waits" in other.stderr) == (1, True)
            named = await to_thread.run_sync(lambda: maria("decide", number, "agree"))
            assert (named.code, "Those are: approve, reject." in named.stderr) == (1, True)
            done = await to_thread.run_sync(lambda: maria("decide", number, "approve", "--shown", digest, "--json"))
            assert (done.document["outcome"], done.document["state"]) == ("done", "drafting")
            [other_id] = [one["id"] for one in shell.look("review", "list")]
            rejected = await to_thread.run_sync(lambda: maria("decide", other_id, "reject", "--rationale", "No."))
            assert rejected.code == 0
            again = await order(client, session, {"amount": 9999})
            assert '"code": "FORBIDDEN"' in json.dumps(again)
            assert "maria has rejected this call of shop.order: No." in json.dumps(again)
    orders = [row for row in shell.look("audit", "list", "--kind", "settled") if row["action"] == "shop.order"]
    assert [row["body"]["result"] for row in orders] == ["pen for 12"]


async def test_what_an_agent_asks_cannot_steer_the_approvers_terminal(
    shell: Shell, maria: Callable[..., Ended]
) -> None:
    """faults.md 36."""
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("with: {item: =record.item}", "limit: 9"))
    with anyio.fail_after(60):
        async with Client(server(shell), mode="legacy") as client:
            _, number = await asked(shell, client, {"item": "pen\x1b[2K\x1b[1A\u202eknird", "amount": 1})
    for more in ((), ("--json",)):
        text = maria("show", number, *more).stdout
        assert "\x1b" not in text
        assert "\u202e" not in text


async def test_sessions_with_calls_that_wait_are_found_by_an_index(shell: Shell, maria: Callable[..., Ended]) -> None:
    with anyio.fail_after(60):
        async with Client(server(shell), mode="legacy") as client:
            await asked(shell, client, {"amount": 12})
    assert maria("list", "--role", "cook", "--json").lines == []
    assert len(maria("list", "--role", "boss", "--json").lines) == 1
    assert "shop.order" in maria("list").stdout
    with sqlite3.connect(shell.database) as connection:
        assert len(connection.execute("SELECT * FROM reviews WHERE tool = 'shop.order'").fetchall()) == 1

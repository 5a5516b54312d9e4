"""Reviews that are decided inside MCP clients of real server processes: over stdio, and over HTTP with tokens."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import mcp_types as types
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from pointsman.server import bounds
from pointsman.server.identity import local_principal
from tests.journeys.deployed import Deployed, deployed
from tests.server.command_line import warm
from tests.server.command_line.terminal import POINTSMAN, Shell
from tests.server.elicitation.payouts import ACCEPTED, BOTH_ERAS, PAYOUT, WHAT, Person, Slow, accept
from tests.server.surfaces.connected import Connected

ROOT: Final = Path(__file__).parents[2]
EXCLUDING = ACCEPTED.replace("role: chief", "role: chief\n      exclude: [=session.started_by]")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@asynccontextmanager
async def at_hand(shell: Shell, mode: str, person: Person, text: str) -> AsyncGenerator[Connected]:
    """A client that starts its own server, as Claude Desktop does."""
    (shell.place / "payout.yaml").write_text(text)
    server = StdioServerParameters(
        command=str(warm.pointsman()), args=["serve", "payout.yaml"], cwd=str(shell.place), env=shell.environment
    )
    info = types.Implementation(name="a-client", version="1")
    async with Client(server, mode=mode, client_info=info, elicitation_callback=person.answer) as client:
        yield Connected(client)


async def submitted(agent: Connected) -> dict[str, Any]:
    """Start a payout, and bring it to its review."""
    started = await agent.call("start_payout", to="ann")
    return await agent.call("submit", session=started["session"], **WHAT)


@BOTH_ERAS
async def test_the_user_of_the_machine_decides_at_their_own_client(shell: Shell, mode: str) -> None:
    person = Person([types.ElicitResult(action="cancel"), accept("approve", amount=99, rationale="Less")])
    async with at_hand(shell, mode, person, ACCEPTED) as agent:
        waiting = await submitted(agent)
        assert waiting["waiting_for"]["role"] == "chief"
        paid = await agent.call("session_status", session=waiting["session"])
        assert paid["ended"]["outcome"] == "success"
    (row,) = shell.look("audit", "list", "--kind", "decided")
    assert (row["actor_kind"], row["actor_id"]) == ("human", local_principal())
    assert (row["channel"], row["client"]) == ("elicitation", "a-client")
    assert row["body"]["edits"] == {"amount": {"before": 120, "after": 99, "revision": 3}}
    told = shell.run("audit", "list", "--kind", "decided", env={"COLUMNS": "200"}).stdout
    assert "client-attested" in told
    assert shell.run("audit", "verify").code == 0


@BOTH_ERAS
@pytest.mark.parametrize("text", [PAYOUT, EXCLUDING], ids=["not accepted", "excluded"])
async def test_a_client_that_answers_by_itself_is_not_asked_where_it_must_not_be(
    shell: Shell, mode: str, text: str
) -> None:
    """Faults 21."""
    person = Person([accept("approve")] * 5)
    async with at_hand(shell, mode, person, text) as agent:
        waiting = await submitted(agent)
        assert (await agent.call("session_status", session=waiting["session"]))["state"] == "deciding"
    assert person.asked == []
    assert shell.look("audit", "list", "--kind", "decided") == []


async def test_a_client_that_goes_away_while_its_person_reads_has_decided_nothing(shell: Shell) -> None:
    person = Slow([])
    async with at_hand(shell, "legacy", person, ACCEPTED) as agent:
        submitting = asyncio.create_task(submitted(agent))
        await person.reads.wait()
        submitting.cancel()
        await asyncio.gather(submitting, return_exceptions=True)
    assert [row["kind"] for row in shell.look("audit", "list")].count("denied") == 0
    assert shell.look("sessions", "list")[0]["state"] == "deciding"


@asynccontextmanager
async def owned(
    shell: Shell, mode: str, person: Person, owner: str | None, text: str = ACCEPTED, *arguments: str
) -> AsyncGenerator[tuple[Deployed, Connected]]:
    """A client over HTTP, with the token of an agent that has this owner. The people are chief and clerk."""
    (shell.place / "payout.yaml").write_text(text)
    async with deployed(shell, "payout.yaml", *(arguments or ("--require-token",))) as server:
        server.token("chief", "human", roles=("chief",))
        server.token("clerk", "human", roles=("clerk",))
        server.token("another's agent", owner="chief", roles=("chief",))
        token = None if owner is None else server.token("agent", owner=owner, roles=("chief",))
        async with server.agent(token, mode=mode, answer=person.answer) as agent:
            yield server, agent


@pytest.mark.slow
@BOTH_ERAS
async def test_the_owner_of_a_token_decides_inside_the_client_that_has_it(shell: Shell, mode: str) -> None:
    person = Person([accept("approve", route="express")])
    async with owned(shell, mode, person, "chief") as (_, agent):
        assert (await submitted(agent))["state"] == "paid"
    (row,) = shell.look("audit", "list", "--kind", "decided")
    assert (row["actor_kind"], row["actor_id"], row["body"]["role"]) == ("human", "chief", "chief")
    assert (row["channel"], row["client"]) == ("elicitation", "claude-code")


@pytest.mark.slow
@BOTH_ERAS
@pytest.mark.parametrize("owner", ["clerk", "nobody", "another's agent", "local:chief", None])
async def test_nobody_else_is_asked_over_http(shell: Shell, mode: str, owner: str | None) -> None:
    """A person without the role, a name that nobody has, an agent, and whoever came in without a token."""
    person = Person([accept("approve")] * 5)
    arguments = () if owner is not None else ("--surface", "stable")
    async with owned(shell, mode, person, owner, ACCEPTED, *arguments) as (_, agent):
        waiting = await submitted(agent)
        assert (await agent.call("session_status", session=waiting["session"]))["state"] == "deciding"
    assert person.asked == []


@pytest.mark.slow
@BOTH_ERAS
async def test_who_is_excluded_is_not_asked_over_http_nor_heard_by_another_way(shell: Shell, mode: str) -> None:
    person = Person([accept("approve")] * 5)
    async with owned(shell, mode, person, "chief", EXCLUDING) as (server, agent):
        waiting = await submitted(agent)
        assert waiting["state"] == "deciding"
        assert person.asked == []
        server.revoke("chief")
        server.token("other chief", "human", roles=("chief",))
        other = server.token("other agent", owner="other chief", roles=("chief",))
        reviewer = Person([accept("reject")])
        async with server.agent(other, mode=mode, answer=reviewer.answer) as second:
            looked = await second.call("session_status", session=waiting["session"])
            assert (looked["state"], len(reviewer.asked)) == ("rejected", 1)


@pytest.mark.slow
@BOTH_ERAS
async def test_a_person_whose_token_was_revoked_is_not_asked(shell: Shell, mode: str) -> None:
    person = Person([accept("approve")] * 5)
    async with owned(shell, mode, person, "chief") as (server, agent):
        server.revoke("chief")
        assert (await submitted(agent))["state"] == "deciding"
    assert person.asked == []


@pytest.mark.slow
async def test_an_answer_that_comes_when_the_call_was_answered_still_counts_over_http(
    shell: Shell,
) -> None:
    """The reply waits twenty seconds; here its client asks for the status meanwhile."""
    person = Slow([accept("approve")])
    async with owned(shell, "legacy", person, "chief") as (_, agent):
        submitting = asyncio.create_task(submitted(agent))
        await person.reads.wait()
        (session,) = shell.look("sessions", "list")
        status = await agent.call("session_status", session=session["session"])
        assert (status["state"], submitting.done()) == ("deciding", False)
        waiting = await submitting
        assert waiting["state"] == "deciding"
        await agent.subscribe(f"session://{waiting['session']}")
        person.thought.set()
        async with asyncio.timeout(60):
            while (await agent.call("session_status", session=waiting["session"]))["state"] == "deciding":
                with suppress(TimeoutError):  # a machine that is busy tells late
                    await agent.update()
    assert len(person.asked) == 1


def test_the_documentation_shows_what_its_example_asks(shell: Shell) -> None:
    shutil.copytree(ROOT / "docs" / "examples", shell.place / "docs" / "examples")
    done = subprocess.run(
        [sys.executable, "docs/examples/clients/asked_client.py"],
        cwd=shell.place,
        env={**shell.environment, "PATH": os.pathsep.join([str(POINTSMAN.parent), os.environ["PATH"]])},
        input="release\nbeta\n\nIt was not in a beta.\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told, _, asked = done.stdout.partition("decision (release or ask_for_changes): ")
    assert asked.endswith("\nstate: released\n")
    page = (ROOT / "docs" / "elicitation.md").read_text()
    handle = re.compile("[a-z2-7]{26}")
    assert handle.sub("S", told.replace(local_principal(), "local:maria")) in handle.sub("S", page)
    (row,) = shell.look("audit", "list", "--kind", "decided")
    assert row["body"]["edits"] == {"stage": {"before": "stable", "after": "beta", "revision": 3}}


def test_the_documentation_quotes_the_example() -> None:
    page = (ROOT / "docs" / "elicitation.md").read_text()
    quoted = page.partition("```yaml\n")[2].partition("```")[0]
    example = (ROOT / "docs" / "examples" / "release.yaml").read_text()
    assert all(line in example.splitlines() for line in quoted.splitlines())


def test_the_documentation_has_the_bounds_that_there_are() -> None:
    page = (ROOT / "docs" / "elicitation.md").read_text()
    for bound in (bounds.REVIEW_LINE_CHARACTERS, bounds.REVIEW_DEFAULT_CHARACTERS, bounds.REVIEW_MESSAGE_LINES):
        assert f" {bound} " in page
    assert f"{bounds.REVIEW_MESSAGE_CHARACTERS:,} characters" in page
    assert (bounds.REVIEW_ASKS, bounds.ASK_WAIT_MS, bounds.REPLY_WAIT_MS) == (3, 300_000, 20_000)

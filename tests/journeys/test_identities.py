"""Several agents and people on one server, each with a token of their own: nobody sees what is not theirs."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from mcp.shared.subscriptions import ResourceUpdated

from pointsman.server.identity import new_handle
from tests.journeys.deployed import Deployed, deployed
from tests.journeys.purchasing import BOTH_ERAS, SERVED, asked, offices, overview, started, tried, trusting
from tests.server.credentials.local_issuer import local_issuer
from tests.server.surfaces.connected import Connected

ITEMS: Final = ("stapler", "ladder", "kettle")
"""What three agents buy: the agent of Rosa, who is a boss, Peter's, and Ada's, who signs in elsewhere."""
STARTERS: Final = ("rosa", "peter", "oidc:ada")
AGENTS: Final = ("matcher", "buyer", "oidc:ada/assistant")


@pytest.mark.slow
async def test_three_agents_two_reviewers_and_an_auditor_work_on_one_server(tmp_path: Path) -> None:
    shell = offices(tmp_path)
    async with local_issuer() as issuer, AsyncExitStack() as stack:
        trusting(shell, issuer)
        server = await stack.enter_async_context(deployed(shell, *SERVED))
        rosa = server.token("rosa", "human", roles=("boss",))
        hugo = issuer.token(sub="hugo", azp="console", realm_access={"roles": ["ap-managers"]})
        audrey = server.token("audrey", "human", roles=("auditor",))
        agents = [
            await stack.enter_async_context(server.agent(server.token("matcher", owner="rosa"))),
            await stack.enter_async_context(server.agent(server.token("buyer", owner="peter"), mode="auto")),
            await stack.enter_async_context(server.agent(issuer.token(realm_access=None))),
        ]
        sessions = await asyncio.gather(*(started(agent, item) for agent, item in zip(agents, ITEMS, strict=True)))
        await _agents_see_their_own_alone(agents, sessions)
        strangers = (server.token("other", owner="peter"), issuer.token(sub="hugo"), audrey)
        await _nobody_else_decides(server, sessions, *strangers)
        await _reviewers_decide_what_they_may(server, sessions, rosa, hugo)
        await _the_auditor_reads(server, sessions, audrey)
        states = [
            (await agent.call("status", session=one))["state"] for agent, one in zip(agents, sessions, strict=True)
        ]
        assert states == ["bought", "dropped", "bought"]
        await _agents_see_their_own_alone(agents, sessions)


async def _agents_see_their_own_alone(agents: list[Connected], sessions: list[str]) -> None:
    nobodys = new_handle()
    for own, agent in enumerate(agents):
        seen = await overview(agent)
        assert sessions[own] in seen
        for other in {0, 1, 2} - {own}:
            assert await tried(agent, sessions[other]) == await tried(agent, nobodys)
            assert sessions[other] not in seen
            assert ITEMS[other] not in seen
        assert '"kind": "started"' in await agent.resource(f"session://{sessions[own]}/audit")


async def _nobody_else_decides(server: Deployed, sessions: list[str], *tokens: str) -> None:
    """No agent of who started a session, none that has the roles of a boss, and no person who is none."""
    for session in sessions:
        for token in tokens:
            status, code = await decided(server, session, token)
            assert (status, code) in ((403, "FORBIDDEN"), (404, "NOT_FOUND"))


async def _reviewers_decide_what_they_may(server: Deployed, sessions: list[str], rosa: str, hugo: str) -> None:
    """Rosa's own agent has started the first: its review excludes her (design, section 7)."""
    matched, bought, assisted = sessions
    for reviewer in (rosa, hugo):
        waiting = (await server.ask("GET", "/api/reviews", reviewer)).json()["items"]
        assert {one["session"] for one in waiting} == set(sessions)
    assert await decided(server, matched, rosa) == (403, "FORBIDDEN")
    by_command = ("review", "decide", matched, "approve", "--server", server.url, "--token", hugo)
    done = await asyncio.to_thread(server.shell.run, *by_command)
    assert done.code == 0, done.stderr
    assert await decided(server, bought, rosa, "reject") == (200, None)
    assert await decided(server, assisted, rosa) == (200, None)


async def _the_auditor_reads(server: Deployed, sessions: list[str], audrey: str) -> None:
    listed = (await server.ask("GET", "/api/sessions", audrey)).json()["items"]
    assert {(one["session"], one["started_by"]) for one in listed} == set(zip(sessions, STARTERS, strict=True))
    deciders = ["oidc:hugo", "rosa", "rosa"]
    for session, agent, decider in zip(sessions, AGENTS, deciders, strict=True):
        rows = (await server.ask("GET", f"/api/sessions/{session}/audit", audrey)).json()["items"]
        (decision,) = [row for row in rows if row["kind"] == "decided"]
        assert (decision["actor_kind"], decision["actor_id"], decision["channel"]) == ("human", decider, "api")
        assert (rows[0]["actor_kind"], rows[0]["actor_id"]) == ("agent", agent)
        verified = await server.ask("GET", f"/api/audit/verification?session={session}", audrey)
        assert verified.json()["ok"] is True
    page = (await server.ask("GET", "/api/sessions/server/audit", audrey)).json()["items"]
    assert page == server.rows()[: len(page)]
    assert {row["actor_id"] for row in page} >= {"matcher", "buyer"}  # what they have tried in vain


async def decided(server: Deployed, session: str, token: str, event: str = "approve") -> tuple[int, str | None]:
    """Decide what a review shows, and give the status and the code of the refusal, if it is one."""
    shown = (await server.ask("GET", f"/api/reviews/{session}", token)).json()
    body = {"event": event, "shown_digest": shown.get("shown_digest", "none"), "stay": shown.get("stay", 0)}
    answer = await server.ask("POST", f"/api/reviews/{session}/decisions", token, body)
    return answer.status_code, answer.json().get("refusal", {}).get("code")


@pytest.mark.slow
@pytest.mark.parametrize("mode", BOTH_ERAS)
async def test_what_one_may_not_see_is_answered_in_the_same_words_as_what_does_not_exist(
    tmp_path: Path, mode: str
) -> None:
    async with deployed(offices(tmp_path), *SERVED, "--require-token") as server:
        maria, clerk = server.token("maria's agent", owner="maria"), server.token("clerk", roles=("clerk",))
        async with server.agent(maria, mode=mode) as agent, server.agent(clerk, mode=mode) as other:
            theirs = str((await other.call("start", workflow="payroll", input={"month": "May"}))["session"])
            nobodys = new_handle()
            assert await tried(agent, theirs) == await tried(agent, nobodys)
            for name in ("payroll", "no_such_workflow"):
                begun = await asked(agent.client.call_tool("start", {"workflow": name, "input": {"month": "May"}}))
                assert "NOT_FOUND" in begun
                assert "payroll" not in begun.replace(name, "")
            words = [await asked(agent.client.read_resource(f"workflow://{name}")) for name in ("payroll", "nothing")]
            assert words[0].replace("payroll", "nothing") == words[1]
            assert "payroll" not in await overview(agent)
            for path in ("/sessions/{}/mcp", "/nothing/{}"):
                answers = [await server.initialize(maria, path.format(session)) for session in (theirs, nobodys)]
                assert [answer.status_code for answer in answers] == [404, 404]
                assert answers[0].content == answers[1].content


async def test_nobody_is_told_of_what_happens_in_sessions_of_others(tmp_path: Path) -> None:
    async with deployed(offices(tmp_path), *SERVED, "--require-token") as server:
        maria, ines = server.token("one", owner="maria"), server.token("two", owner="ines")
        async with (
            server.agent(maria) as owner,
            server.agent(ines) as foreign,
            server.agent(ines, mode="auto") as newer,
        ):
            begun = await owner.call("start", workflow="purchase", input={"item": "stapler", "amount": 1})
            address = f"session://{begun['session']}"
            await owner.subscribe(address)
            await foreign.subscribe(address)
            own = str((await foreign.call("start", workflow="purchase", input={"item": "pen", "amount": 1}))["session"])
            await foreign.subscribe(f"session://{own}")
            listened = [address, f"session://{own}"]
            async with newer.client.listen(resource_subscriptions=listened) as subscription:
                await owner.call("act", session=begun["session"], action="submit", arguments={"note": "x"})
                assert await owner.update() == address
                await foreign.call("act", session=own, action="submit", arguments={"note": "x"})
                assert await foreign.update() == f"session://{own}"  # the first, and so the only one so far
                assert await anext(aiter(subscription)) == ResourceUpdated(uri=f"session://{own}")

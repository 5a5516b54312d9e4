"""Several agents and people on one server, each with a token of their own: nobody sees what is not theirs."""

from __future__ import annotations

from pathlib import Path

import mcp_types as types
import pytest
from mcp.shared.subscriptions import ResourceUpdated

from pointsman.server.identity import new_handle
from tests.journeys.deployed import deployed
from tests.journeys.purchasing import BOTH_ERAS, SERVED, asked, offices, overview, tried
from tests.server.surfaces.connected import Connected


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


async def subscribe(agent: Connected, address: str) -> None:
    """Subscribe as clients of the handshake era do."""
    request = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=address))
    await agent.client.session.send_request(request, types.EmptyResult)


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
            await subscribe(owner, address)
            await subscribe(foreign, address)
            own = str((await foreign.call("start", workflow="purchase", input={"item": "pen", "amount": 1}))["session"])
            await subscribe(foreign, f"session://{own}")
            listened = [address, f"session://{own}"]
            async with newer.client.listen(resource_subscriptions=listened) as subscription:
                await owner.call("act", session=begun["session"], action="submit", arguments={"note": "x"})
                assert await owner.update() == address
                await foreign.call("act", session=own, action="submit", arguments={"note": "x"})
                assert await foreign.update() == f"session://{own}"  # the first, and so the only one so far
                assert await anext(aiter(subscription)) == ResourceUpdated(uri=f"session://{own}")

"""How a server over HTTP ends: nothing new, answers for what runs, and no waiting for who only listens."""

from __future__ import annotations

import asyncio

import mcp_types as types
import pytest

from pointsman.server.replies import Glimpse
from tests.server.http.served import connected, served

SESSION = "s" * 26


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_call_that_runs_is_answered_and_who_listens_is_let_go(mode: str) -> None:
    runs = asyncio.Event()

    def glimpsed(glimpse: Glimpse) -> None:
        if glimpse.running:
            runs.set()

    async with served(session=SESSION) as server, connected(server, mode=mode) as agent:
        server.governed.subscribe(SESSION, glimpsed)
        request = types.CallToolRequest(params=types.CallToolRequestParams(name="work"))
        working = asyncio.create_task(agent.client.session.send_request(request, types.CallToolResult))
        await runs.wait()
        server.stop.set()
        assert (await working).structured_content["outcome"] == "done"
        async with asyncio.timeout(3):
            await server.serving


async def test_a_client_of_the_2026_era_that_listens_is_let_go() -> None:
    async with (
        served(session=SESSION) as server,
        connected(server, mode="auto") as agent,
        agent.client.listen(tools_list_changed=True),
    ):
        server.stop.set()
        async with asyncio.timeout(3):
            await server.serving
    assert server.serving.done()

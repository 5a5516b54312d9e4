"""Many clients of one process, of both eras: each has a desk of its own."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.fsm.gate import NOT_FOUND
from pointsman.server.http.refusals import refusal_body
from tests.server.http.served import INITIALIZE, connected, post, served, until

BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"])
SESSION = "s" * 26
BEFORE = ["start_parcel", "session_status", "list_sessions"]


@BOTH_ERAS
async def test_a_session_is_started_and_moved_on(mode: str) -> None:
    async with served() as server, connected(server, mode=mode, name="claude-ai") as agent:
        assert {"start_parcel", "desk_weigh", "submit_weight"} <= set(await agent.tools())
        session = (await agent.call("start_parcel", parcel_id="P1"))["session"]
        assert (await agent.call("submit_weight", session=session, grams=3))["state"] == "labelling"
        assert (await agent.call("session_status", session=session))["state"] == "labelling"
        assert (await agent.resource(f"session://{session}")).startswith("{")


async def test_a_connection_of_the_handshake_era_remembers_its_session_and_no_other_does() -> None:
    async with served() as server, connected(server) as one, connected(server) as other:
        started = await one.call("start_parcel", parcel_id="P1")
        assert (await one.call("desk_weigh"))["session"] == started["session"]
        assert (await other.call("desk_weigh"))["refusal"]["code"] == "NOT_ALLOWED"


async def test_a_list_change_reaches_the_connection_it_concerns_and_no_other() -> None:
    async with served() as server, connected(server) as one, connected(server) as other:
        assert one.client.server_capabilities.tools is not None
        assert one.client.server_capabilities.tools.list_changed is True
        assert list(await one.tools()) == list(await other.tools()) == BEFORE
        await one.call("start_parcel", parcel_id="P1")
        await one.list_change(1)
        assert list(await one.tools()) == ["desk_weigh", "submit_weight", "session_status"]
        assert list(await other.tools()) == BEFORE
        assert other.list_changes == 0


async def test_a_request_of_the_2026_era_remembers_nothing() -> None:
    """MCP 2026-07-28: every request stands alone, so calls name their session."""
    async with served() as server, connected(server, mode="auto") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        refused = await agent.call("desk_weigh")
        assert refused["refusal"]["code"] == "NOT_ALLOWED"
        assert "session" in refused["refusal"]["message"]


@BOTH_ERAS
async def test_a_sessions_own_endpoint_binds_it(mode: str) -> None:
    async with served(session=SESSION, bound=False) as server:
        async with connected(server, mode=mode, path=f"/sessions/{SESSION}/mcp") as agent:
            assert (await agent.call("desk_label"))["session"] == SESSION
        async with connected(server, mode=mode) as agent:
            assert (await agent.call("desk_label"))["refusal"]["code"] == "NOT_ALLOWED"


@BOTH_ERAS
async def test_a_session_named_at_the_start_is_bound_to_every_connection(mode: str) -> None:
    async with served(session=SESSION) as server:
        for _ in range(2):
            async with connected(server, mode=mode) as agent:
                assert (await agent.call("desk_label"))["session"] == SESSION


@pytest.mark.parametrize("path", [f"/sessions/{'x' * 26}/mcp", "/sessions/a%20b/mcp"])
async def test_the_endpoint_of_a_session_that_there_is_not_is_not_there(path: str) -> None:
    """Design, section 4: the same words for unknown, expired, and somebody else's."""
    async with served(session=SESSION, bound=False) as server:
        response = await post(server, INITIALIZE, path)
        assert (response.status_code, response.json()) == (404, refusal_body(NOT_FOUND))
        await until(lambda: [stray["code"] for stray in server.governed.strays] == ["NOT_FOUND"])


async def test_a_client_of_the_2026_era_that_listens_is_told_of_its_sessions_list() -> None:
    """Design, section 5: adaptive in the 2026 era, by choice, on a session's own endpoint."""
    async with served(surface="adaptive", session=SESSION, bound=False) as server:
        path = f"/sessions/{SESSION}/mcp"
        async with (
            connected(server, mode="auto", path=path) as agent,
            agent.client.listen(tools_list_changed=True) as news,
        ):
            assert list(await agent.tools()) == ["desk_label", "hand_over", "session_status"]
            await agent.call("hand_over")
            async with asyncio.timeout(5):
                await anext(aiter(news))
            assert list(await agent.tools()) == ["session_status"]


async def test_a_desk_is_closed_with_its_connection() -> None:
    async with served(session=SESSION) as server:
        async with connected(server) as agent:
            await agent.tools()
            assert len(server.governed.listeners[SESSION]) == 1
        await until(lambda: not server.governed.listeners[SESSION])
        async with connected(server, mode="auto") as agent:
            await agent.tools()
            assert server.governed.listeners[SESSION] == []


async def test_a_server_of_the_handshake_era_alone_tells_a_newer_client_which_versions_there_are() -> None:
    async with served(era="handshake") as server:
        async with connected(server) as agent:
            assert list(await agent.tools()) == BEFORE
        async with connected(server, mode="auto") as agent:
            assert agent.client.protocol_version == "2025-11-25"
            assert list(await agent.tools()) == BEFORE


async def test_a_connection_stays_at_the_endpoint_that_opened_it() -> None:
    async with served(session=SESSION, bound=False) as server:
        opened = await post(server, INITIALIZE, f"/sessions/{SESSION}/mcp")
        told = {"mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
        listing = b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
        assert "desk_label" in (await post(server, listing, f"/sessions/{SESSION}/mcp", **told)).text
        assert "another session's endpoint" in (await post(server, listing, **told)).text

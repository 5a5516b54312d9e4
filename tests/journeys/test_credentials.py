"""Tokens at the doors of a real server: made here and by an issuer, good and bad, and what is recorded of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.subscriptions import SubscriptionLost

from pointsman.server.identity import new_handle
from tests.journeys.deployed import MCP_HEADERS, Deployed, deployed, rpc
from tests.journeys.purchasing import BOTH_ERAS, SERVED, asked, offices, started, trusting
from tests.server.command_line.terminal import Shell
from tests.server.credentials.local_issuer import LocalIssuer, local_issuer, private_key, signed
from tests.server.credentials.signing_in import SignIn, signing_in


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return offices(tmp_path)


@pytest.fixture
async def issuer() -> AsyncGenerator[LocalIssuer]:
    async with local_issuer() as found:
        yield found


async def attempts(
    server: Deployed, issuer: LocalIssuer, good: str, revoked: str, session: str
) -> dict[str, tuple[Awaitable[httpx2.Response], int, str | None]]:
    """Make every attempt that must come to nothing: its request, its status, and why, as it is recorded."""
    bound = server.token("bound", owner="maria", session=session)
    now_s = issuer.now_s
    opened = (await server.initialize(good)).headers["mcp-session-id"]
    own = f"/sessions/{session}/mcp"
    told = {**MCP_HEADERS, "mcp-session-id": opened}
    port = server.url.rpartition(":")[2]
    return {
        "no token": (server.initialize(), 401, "malformed"),
        "no bearer": (server.initialize(authorization="Basic YTpi"), 401, "malformed"),
        "garbage": (server.initialize("garbage"), 401, "unknown"),
        "garbage like one of the issuer": (server.initialize("gar.ba.ge"), 401, "malformed"),
        "expired": (server.initialize(server.token("expired", expires_in_ms=-1)), 401, "expired"),
        "revoked": (server.initialize(revoked), 401, "revoked"),
        "a person's": (server.initialize(server.token("maria", "human", roles=("boss",))), 403, "kind"),
        "a system's": (server.initialize(server.token("erp", "system")), 403, "kind"),
        "the issuer's, expired": (server.initialize(issuer.token(exp=now_s - 61)), 401, "expired"),
        "the issuer's, early": (server.initialize(issuer.token(nbf=now_s + 200)), 401, "early"),
        "the issuer's, for others": (server.initialize(issuer.token(aud="https://other.example")), 401, "audience"),
        "the issuer's, an ID token": (server.initialize(issuer.token(nonce="n")), 401, "malformed"),
        "the issuer's, a person's": (server.initialize(issuer.token(azp="console")), 403, "kind"),
        "another issuer's": (server.initialize(issuer.token(iss="https://evil.example")), 401, "issuer"),
        "forged": (
            server.initialize(signed(issuer.claims(), private_key("attacker"), kid="first")),
            401,
            "signature",
        ),
        "a foreign origin": (server.initialize(good, origin="https://evil.example"), 403, None),
        "a foreign host": (server.initialize(good, host=f"evil.example:{port}"), 421, None),
        "a session of somebody else": (server.initialize(server.token("other"), own), 404, None),
        "a session the token is not bound to": (
            server.initialize(bound, f"/sessions/{new_handle()}/mcp"),
            404,
            None,
        ),
        "a connection of somebody else": (
            server.ask("POST", "/mcp", server.token("thief"), rpc("tools/list", {}), **told),
            404,
            None,
        ),
    }


async def test_whatever_opens_nothing_has_its_status_and_is_recorded(shell: Shell, issuer: LocalIssuer) -> None:
    trusting(shell, issuer)
    async with deployed(shell, *SERVED) as server:
        good = server.token("good", owner="maria")
        async with server.agent(good) as agent:
            session = await started(agent, "stapler")
        revoked = server.token("revoked")
        server.revoke("revoked")
        cases = await attempts(server, issuer, good, revoked, session)
        for name, (request, status, _) in cases.items():
            answer = await request
            assert answer.status_code == status, name
            assert ("www-authenticate" in answer.headers) == (status == 401), name
            assert "garbage" not in answer.text
        rows = await recorded(server, len(cases))
        assert [reason_of(row) for row in rows] == [reason for _, _, reason in cases.values()]
        assert {row["outcome"] for row in rows} == {"refused"}
        named = {row["actor_id"] for row in rows}
        assert {
            "expired",
            "revoked",
            "oidc:ada/assistant",
            "oidc:ada",
            "maria",
            "erp",
            "unknown",
            "thief",
            "bound",
        } <= named
        everything = json.dumps(rows)
        assert good not in everything
        assert revoked not in everything


async def recorded(server: Deployed, number: int) -> list[dict[str, Any]]:
    """Wait until this many rows have been written: they are recorded beside the answers."""
    async with asyncio.timeout(10):
        while True:
            rows = await asyncio.to_thread(server.rows)
            if len(rows) >= number:
                return rows
            await asyncio.sleep(0.1)


def reason_of(row: dict[str, Any]) -> str | None:
    """Why somebody was turned away at a door, if it was there."""
    arguments: dict[str, str] = json.loads(row["body"].get("arguments") or "{}")
    return arguments.get("reason")


@pytest.mark.slow
async def test_streams_that_are_open_end_when_their_token_is_revoked_or_expires(
    shell: Shell, issuer: LocalIssuer
) -> None:
    trusting(shell, issuer, leeway="0s")
    async with deployed(shell, *SERVED) as server, AsyncExitStack() as all_of:
        tokens = [server.token("first", owner="maria"), server.token("second", owner="maria")]
        tokens.append(issuer.token(exp=int(time.time()) + 4))
        streams = [await all_of.enter_async_context(listening(server, token)) for token in tokens]
        modern = await all_of.enter_async_context(server.agent(server.token("third", owner="maria"), mode="auto"))
        session = await started(modern, "stapler")
        subscribed = modern.client.listen(resource_subscriptions=[f"session://{session}"])
        subscription = await all_of.enter_async_context(subscribed)
        server.revoke("first")
        server.revoke("third")
        async with asyncio.timeout(12):
            assert [line async for line in streams[0].aiter_lines() if line.startswith("data")] == []
            assert [line async for line in streams[2].aiter_lines() if line.startswith("data")] == []
            with suppress(SubscriptionLost):
                assert [event async for event in subscription] == []
        for token in (tokens[0], tokens[2]):
            assert (await server.initialize(token)).status_code == 401
        with pytest.raises(asyncio.TimeoutError):  # a stream whose token still opens something goes on
            async with asyncio.timeout(0.2):
                assert [line async for line in streams[1].aiter_lines() if line.startswith("data")] == []


@asynccontextmanager
async def listening(server: Deployed, token: str) -> AsyncGenerator[httpx2.Response]:
    """Open a connection of the handshake era, and the stream on which it is told of changes."""
    opened = (await server.initialize(token)).headers["mcp-session-id"]
    headers = {"authorization": f"Bearer {token}", "mcp-session-id": opened, "accept": "text/event-stream"}
    client = httpx2.AsyncClient(verify=False, timeout=30)
    async with client, client.stream("GET", f"{server.url}/mcp", headers=headers) as stream:
        assert stream.status_code == 200
        yield stream


async def test_a_server_starts_without_its_issuer_and_says_503_until_it_can_be_asked(
    shell: Shell, issuer: LocalIssuer
) -> None:
    trusting(shell, issuer)
    await issuer.stop()
    async with deployed(shell, *SERVED) as server:
        answer = await server.initialize(issuer.token())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["refusal"]["code"] == "BUSY"
        assert [reason_of(row) for row in await recorded(server, 1)] == ["unavailable"]
        assert (await server.initialize(server.token("scout"))).status_code == 200
        assert [line["event"] for line in server.log if line["level"] == "warning"] == ["keys of the issuer not read"]


@pytest.mark.parametrize("mode", BOTH_ERAS)
async def test_the_sdks_client_finds_the_issuer_signs_a_person_in_and_works_as_their_agent(
    shell: Shell, mode: str
) -> None:
    """MCP's authorization: 401, RFC 9728, RFC 8414, RFC 7591, PKCE and RFC 8707, with nothing said beforehand."""
    issuer = LocalIssuer()
    sign_in = SignIn(issuer)
    sign_in.offer()
    await issuer.start()
    try:
        sign_in.say_where()
        trusting(shell, issuer)
        async with deployed(shell, *SERVED) as server:
            async with server.agent(mode=mode, auth=signing_in(f"{server.url}/mcp")) as agent:
                session = await started(agent, "stapler")
            path = f"/sessions/{session}/mcp"
            async with server.agent(mode=mode, path=path, auth=signing_in(server.url + path)) as agent:
                assert (await agent.call("status"))["session"] == session
                assert "NOT_FOUND" in await asked(agent.client.call_tool("status", {"session": new_handle()}))
                begun = await agent.call("start", workflow="purchase", input={"item": "ladder", "amount": 1})
                assert begun["refusal"]["code"] == "NOT_FOUND"  # the token is for that session's endpoint alone
        (row,) = shell.look("audit", "show", session)[:1]
        assert (row["actor_kind"], row["actor_id"]) == ("agent", "oidc:ada/client-1")
    finally:
        await issuer.stop()

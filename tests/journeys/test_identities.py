"""Several agents and people on one server, each with a token of their own: nobody sees what is not theirs."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx2
import mcp_types as types
import pytest
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated

from pointsman.server.identity import new_handle
from tests.journeys.deployed import MCP_HEADERS, Deployed, deployed, rpc
from tests.server.command_line.terminal import Shell
from tests.server.credentials.local_issuer import AUDIENCE, LocalIssuer, local_issuer, private_key, signed
from tests.server.surfaces.connected import Connected

HERE: Final = Path(__file__).parent
PARTS: Final = ("", "/contract", "/diagram", "/audit")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("buying.yaml", "payroll.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    return Shell(tmp_path)


@pytest.fixture
async def issuer() -> AsyncGenerator[LocalIssuer]:
    async with local_issuer() as found:
        yield found


def trusting(shell: Shell, issuer: LocalIssuer, leeway: str = "60s") -> None:
    """Have the server take the issuer's tokens."""
    (shell.place / "pointsman.toml").write_text(f"""
[oidc]
issuer = "{issuer.url}"
audience = "{AUDIENCE}"
leeway = "{leeway}"
roles_claim = "realm_access.roles"
people = {{azp = "console"}}

[oidc.roles]
ap-managers = "boss"
""")


async def started(agent: Connected, item: str) -> str:
    """Start a purchase, and bring it to its review."""
    begun = await agent.call("start", workflow="purchase", input={"item": item, "amount": 1})
    session = str(begun["session"])
    done = await agent.call("act", session=session, action="submit", arguments={"note": f"{item} is needed"})
    assert (done["outcome"], done["state"]) == ("done", "awaiting_boss")
    return session


async def asked(request: Any) -> str:  # noqa: ANN401 -- a request of any type
    """Give what a request is answered with, as a client is told it: its error too."""
    try:
        answer = await request
    except MCPError as error:
        return f"{error.error.code} {error.error.message} {error.error.data}"
    return json.dumps(answer.model_dump(mode="json", by_alias=True))


async def overview(agent: Connected) -> str:
    """All that an agent is told without naming a session."""
    client = agent.client
    template = types.ResourceTemplateReference(uri="session://{session}")
    prompts = (await client.list_prompts()).prompts
    answers = [
        asked(client.list_tools()),
        asked(client.call_tool("list_sessions", {})),
        asked(client.list_resources()),
        asked(client.list_prompts()),
        asked(client.complete(template, {"name": "session", "value": ""})),
        *(
            asked(client.complete(types.PromptReference(name=prompt.name), {"name": "session", "value": ""}))
            for prompt in prompts
        ),
    ]
    return "\n".join([await answer for answer in answers])


async def tried(agent: Connected, handle: str) -> list[str]:
    """What an agent is told of everything that can be asked about one session, with the session's name taken out."""
    client = agent.client
    reference = types.ResourceTemplateReference(uri="session://{session}")
    answers = [
        asked(client.call_tool("status", {"session": handle})),
        asked(client.call_tool("act", {"session": handle, "action": "submit", "arguments": {"note": "x"}})),
        asked(client.call_tool("act", {"session": handle, "action": "approve", "arguments": {}})),
        *(asked(client.read_resource(f"session://{handle}{part}")) for part in PARTS),
        asked(client.read_resource(f"session://{handle}/audit?after=1")),
        asked(client.get_prompt("purchase.drafting", {"session": handle})),
        asked(client.complete(reference, {"name": "session", "value": handle[:20]})),
    ]
    return [(await answer).replace(handle, "SESSION").replace(handle[:20], "BEGINNING") for answer in answers]


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
async def test_what_one_may_not_see_is_answered_in_the_same_words_as_what_does_not_exist(
    shell: Shell, mode: str
) -> None:
    async with deployed(shell, "buying.yaml", "payroll.yaml", "--surface", "compact", "--require-token") as server:
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


async def test_whatever_opens_nothing_has_its_status_and_is_recorded(shell: Shell, issuer: LocalIssuer) -> None:
    trusting(shell, issuer)
    async with deployed(shell, "buying.yaml", "--surface", "compact") as server:
        good = server.token("good", owner="maria")
        async with server.agent(good) as agent:
            session = await started(agent, "stapler")
        bound = server.token("bound", owner="maria", session=session)
        revoked, now_s = server.token("revoked"), issuer.now_s
        server.revoke("revoked")
        opened = (await server.initialize(good)).headers["mcp-session-id"]
        own = f"/sessions/{session}/mcp"
        told = {**MCP_HEADERS, "mcp-session-id": opened}
        port = server.url.rpartition(":")[2]
        cases = {
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
        while len(rows := await asyncio.to_thread(server.rows)) < number:
            await asyncio.sleep(0.1)
    return rows


def reason_of(row: dict[str, Any]) -> str | None:
    """Why somebody was turned away at a door, if it was there."""
    arguments: dict[str, str] = json.loads(row["body"].get("arguments") or "{}")
    return arguments.get("reason")


@pytest.mark.slow
async def test_streams_that_are_open_end_when_their_token_is_revoked_or_expires(
    shell: Shell, issuer: LocalIssuer
) -> None:
    trusting(shell, issuer, leeway="0s")
    async with deployed(shell, "buying.yaml", "--surface", "compact") as server, AsyncExitStack() as all_of:
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


async def subscribe(agent: Connected, address: str) -> None:
    """Subscribe as clients of the handshake era do."""
    request = types.SubscribeRequest(params=types.SubscribeRequestParams(uri=address))
    await agent.client.session.send_request(request, types.EmptyResult)


async def test_nobody_is_told_of_what_happens_in_sessions_of_others(shell: Shell) -> None:
    async with deployed(shell, "buying.yaml", "--surface", "compact", "--require-token") as server:
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


async def test_a_server_starts_without_its_issuer_and_says_503_until_it_can_be_asked(
    shell: Shell, issuer: LocalIssuer
) -> None:
    trusting(shell, issuer)
    await issuer.stop()
    async with deployed(shell, "buying.yaml", "--surface", "compact") as server:
        answer = await server.initialize(issuer.token())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["refusal"]["code"] == "BUSY"
        assert [reason_of(row) for row in await recorded(server, 1)] == ["unavailable"]
        assert (await server.initialize(server.token("scout"))).status_code == 200
        assert [line["event"] for line in server.log if line["level"] == "warning"] == ["keys of the issuer not read"]

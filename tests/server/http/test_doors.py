"""Who comes in through a door, and what is said to the others."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.requests import Request

from pointsman.fsm.session import Actor
from pointsman.server.http import rates
from pointsman.server.http.callers import address_of
from pointsman.server.http.rates import Rate
from tests.server.http.served import INITIALIZE, Served, Tokens, connected, post, served, until

SESSION = "s" * 26
TOKENS = Tokens(
    agent=Actor("agent", "scout", owner="maria"),
    other=Actor("agent", "other"),
    person=Actor("human", "maria", ("checker",)),
    system=Actor("external", "portal"),
    bound=Actor("agent", "scout", session=SESSION),
)


@asynccontextmanager
async def guarded(session: str = "") -> AsyncGenerator[Served]:
    async with served(tokens=Tokens(TOKENS), session=session, bound=False) as server:
        yield server


async def shown(server: Served, *tokens: str, path: str = "/mcp") -> httpx2.Response:
    """Send a first message, with these `Authorization` headers."""
    told = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    async with httpx2.AsyncClient(verify=False) as client:
        headers = [*told, *(("authorization", token) for token in tokens)]
        return await client.post(server.url + path, content=INITIALIZE, headers=headers)


async def test_a_token_of_an_agent_opens_mcp_and_the_audit_names_the_agent() -> None:
    async with guarded() as server:
        assert (await shown(server, "Bearer agent")).status_code == 200
        assert (await shown(server, "bearer  agent")).status_code == 200  # RFC 7235: the scheme in any case
        async with connected(server, token="agent") as agent:
            session = (await agent.call("start_parcel", parcel_id="P1"))["session"]
        assert server.governed.callers[session].actor == TOKENS["agent"]


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ([], "Bearer"),
        (["Bearer nobody"], 'Bearer error="invalid_token"'),
        (["Bearer"], 'Bearer error="invalid_token"'),
        (["Basic YTpi"], 'Bearer error="invalid_token"'),
        (["Bearer agent", "Bearer agent"], 'Bearer error="invalid_token"'),
        (["agent"], 'Bearer error="invalid_token"'),
    ],
    ids=str,
)
async def test_without_a_token_that_opens_something_nothing_is_opened(headers: list[str], challenge: str) -> None:
    """RFC 6750, section 3: 401, and how to do it right."""
    async with guarded() as server:
        response = await shown(server, *headers)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, challenge)
        assert response.json()["refusal"]["code"] == "FORBIDDEN"
        await until(lambda: len(server.governed.strays) == 1)
        assert server.governed.strays[0]["action"] == "authenticate"


@pytest.mark.parametrize("token", ["person", "system"])
async def test_mcp_takes_tokens_of_agents_alone(token: str) -> None:
    """A person's token in an agent's hands could decide (design, section 7)."""
    async with guarded() as server:
        response = await shown(server, f"Bearer {token}")
        assert response.status_code == 403
        assert "takes the token of kind agent" in response.json()["refusal"]["message"]
        await until(lambda: len(server.governed.strays) == 1)
        assert server.governed.strays[0]["actor"] == TOKENS[token].id


async def test_a_connection_is_whose_it_was_and_to_anybody_else_it_is_not_there() -> None:
    async with guarded() as server, httpx2.AsyncClient(verify=False) as client:
        opened = await shown(server, "Bearer agent")
        kept = {"mcp-session-id": opened.headers["mcp-session-id"], "accept": "text/event-stream"}
        stolen = await client.delete(server.url + "/mcp", headers={**kept, "authorization": "Bearer other"})
        assert stolen.status_code == 404
        assert (await client.delete(server.url + "/mcp", headers={**kept, "authorization": "Bearer agent"})).is_success


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_token_that_is_bound_to_a_session_need_not_name_it(mode: str) -> None:
    async with guarded(SESSION) as server, connected(server, mode=mode, token="bound") as agent:
        assert (await agent.call("desk_label"))["session"] == SESSION


async def test_a_token_that_is_bound_to_a_session_has_connections_of_its_own() -> None:
    """On one of the same agent's other token it would hear of other sessions."""
    async with guarded(SESSION) as server, httpx2.AsyncClient(verify=False) as client:
        opened = await shown(server, "Bearer agent")
        kept = {"mcp-session-id": opened.headers["mcp-session-id"], "accept": "text/event-stream"}
        heard = await client.get(server.url + "/mcp", headers={**kept, "authorization": "Bearer bound"})
        assert heard.status_code == 404


async def test_a_stream_ends_when_its_token_opens_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.http.mcp.messages.TOKEN_AGAIN_MS", 20)
    tokens = Tokens(TOKENS)
    async with served(tokens=tokens) as server, httpx2.AsyncClient(verify=False, timeout=5) as client:
        opened = await shown(server, "Bearer agent")
        headers = {
            "mcp-session-id": opened.headers["mcp-session-id"],
            "accept": "text/event-stream",
            "authorization": "Bearer agent",
        }
        async with client.stream("GET", server.url + "/mcp", headers=headers) as stream:
            assert stream.status_code == 200
            del tokens["agent"]
            assert [line async for line in stream.aiter_lines()] == []
        assert (await post(server, INITIALIZE, authorization="Bearer agent")).status_code == 401


async def test_probes_need_no_token_and_come_by_any_name() -> None:
    """Whoever keeps a server running asks it by the address of its machine."""
    async with guarded() as server, httpx2.AsyncClient(verify=False) as client:
        for path in ("/healthz", "/readyz"):
            response = await client.get(server.url + path, headers={"host": "10.1.2.3:8080"})
            assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_what_no_route_has_is_answered_in_the_form_of_refusals() -> None:
    async with guarded() as server, httpx2.AsyncClient(verify=False) as client:
        missing, method = await client.get(server.url + "/secrets"), await client.put(server.url + "/healthz")
        assert (missing.status_code, missing.json()["refusal"]["code"]) == (404, "NOT_FOUND")
        assert (method.status_code, method.json()["refusal"]["code"]) == (405, "NOT_ALLOWED")
        assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_an_address_with_a_slash_too_many_leads_nowhere() -> None:
    """A redirect would name HTTP where a proxy speaks HTTPS, and a client would send its token there in clear."""
    async with guarded() as server, httpx2.AsyncClient(verify=False) as client:
        for path in ("/mcp/", f"/sessions/{SESSION}/mcp/", "/healthz/"):
            answer = await client.get(server.url + path, headers={"authorization": "Bearer agent"})
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "NOT_FOUND"), path


async def test_answers_say_to_browsers_what_they_may_do_with_them() -> None:
    async with guarded() as server, httpx2.AsyncClient(verify=False) as client:
        said = (await client.get(server.url + "/healthz")).headers
        assert said["cache-control"] == "no-store"
        assert said["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in said["content-security-policy"]
        assert "strict-transport-security" not in said
    async with served(url="https://pointsman.example.com") as server, httpx2.AsyncClient(verify=False) as client:
        said = (await client.get(server.url + "/healthz", headers={"host": "pointsman.example.com"})).headers
        assert said["strict-transport-security"] == "max-age=31536000"


async def test_a_page_elsewhere_that_was_named_may_ask_and_read_the_answer() -> None:
    """The Fetch standard's CORS protocol: a client of MCP in a browser."""
    page = "https://inspector.example"
    async with served(tokens=Tokens(TOKENS), pages=(page,)) as server, httpx2.AsyncClient(verify=False) as client:
        asked = {"origin": page, "access-control-request-method": "POST"}
        asked["access-control-request-headers"] = "authorization,content-type,mcp-protocol-version"
        allowed = await client.options(server.url + "/mcp", headers=asked)
        assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, page)
        answer = await post(server, INITIALIZE, origin=page, authorization="Bearer agent")
        assert answer.headers["access-control-allow-origin"] == page
        assert "mcp-session-id" in answer.headers["access-control-expose-headers"].lower()
        assert (await post(server, INITIALIZE, origin="https://other.example")).status_code == 403


async def test_who_asks_too_often_is_told_when_to_ask_again_and_another_is_not_held_to_it() -> None:
    """RFC 6585, section 4."""
    async with served(tokens=Tokens(TOKENS), rate=Rate(1, 2)) as server:
        assert [(await shown(server, "Bearer agent")).status_code for _ in range(2)] == [200, 200]
        refused = await shown(server, "Bearer agent")
        assert (refused.status_code, refused.json()["refusal"]["code"]) == (429, "LIMIT_REACHED")
        assert refused.headers["retry-after"] in {"1", "2"}
        assert (await shown(server, "Bearer other")).status_code == 200
        assert server.governed.strays == []
    (stray,) = server.governed.strays
    assert (stray["actor"], stray["action"], stray["code"]) == ("scout", "ask", "LIMIT_REACHED")


async def test_of_tokens_that_open_nothing_only_so_many_are_told_of_and_a_good_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "_OF_FAILURES", Rate(1, 3))
    async with served(tokens=Tokens(TOKENS), rate=Rate(1, 100)) as server:
        statuses = [(await shown(server, "Bearer nobody")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await shown(server, "Bearer agent")).status_code == 200
        assert (await shown(server)).status_code == 401
    assert [stray["code"] for stray in server.governed.strays] == ["FORBIDDEN"] * 4 + ["LIMIT_REACHED"]
    assert server.governed.strays[-1]["action"] == "ask"


@pytest.mark.parametrize(
    ("host", "address"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64")],
)
def test_the_addresses_of_one_network_of_ipv6_count_as_one(host: str, address: str) -> None:
    assert address_of(Request({"type": "http", "client": (host, 1), "headers": []})) == address
    assert address_of(Request({"type": "http", "headers": []})) == ""

"""What is no message, or comes from elsewhere, is answered before anything sees it."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import httpx2
import pytest

from pointsman.contracts.bounds import ARGUMENTS_BYTES, MESSAGE_BYTES
from pointsman.server.http import bodies
from tests.server.http.served import INITIALIZE, post, sent, served, until
from tests.server.stdio.test_strict_stdio import PING, REJECTED, call

MODERN: Final = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo"}


async def test_what_is_no_message_is_answered_within_a_second_and_recorded() -> None:
    """Design, section 12: malformed input on HTTP is answered as on stdio, and the server goes on."""
    async with served() as server, httpx2.AsyncClient(verify=False) as client:
        for name, (body, code, request_id, message) in REJECTED.items():
            async with asyncio.timeout(1):
                response = await sent(client, server, body)
            large = name == "a large message"
            assert response.status_code == (413 if large else 400), name
            answer = response.json()
            assert (answer["error"]["code"], answer["id"]) == (code, request_id), name
            assert message in answer["error"]["message"], name
            assert (await sent(client, server, INITIALIZE)).status_code == 200, name
        await until(lambda: len(server.governed.strays) == len(REJECTED), 1)
        assert {(str(stray["action"]), str(stray["actor"])) for stray in server.governed.strays} == {
            ("message", "local:tester")
        }
        assert {str(stray["code"]) for stray in server.governed.strays} == {"MALFORMED", "TOO_LARGE"}


async def test_a_second_request_with_the_id_of_one_that_is_being_answered_is_refused() -> None:
    """MCP 2025-11-25, base protocol, requests. The SDK would never answer the first one."""
    session = "s" * 26
    async with served(session=session) as server:
        opened = await post(server, INITIALIZE)
        connection = {"mcp-session-id": opened.headers["mcp-session-id"]}
        body = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"work"}}'
        one, two = await asyncio.gather(post(server, body, **connection), post(server, body, **connection))
        assert sorted([one.status_code, two.status_code]) == [200, 400]
        refused = one if one.status_code == 400 else two
        assert (refused.json()["id"], refused.json()["error"]["code"]) == (7, -32600)
        assert "another request" in refused.json()["error"]["message"]
        assert (await post(server, body, **connection)).status_code == 200


async def test_a_body_over_several_lines_is_a_message_and_its_id_is_found_when_it_is_not() -> None:
    async with served() as server:
        pretty = json.dumps(json.loads(INITIALIZE), indent=2).encode()
        assert (await post(server, pretty)).status_code == 200
        spoilt = await post(server, pretty.replace(b'"capabilities": {}', b'"capabilities": {"a": 1, "a": 2}'))
        assert spoilt.json()["id"] == 1
        assert spoilt.json()["error"]["code"] == -32602


@pytest.mark.parametrize("headers", [{}, MODERN], ids=["handshake era", "2026 era"])
@pytest.mark.parametrize("size_bytes", [ARGUMENTS_BYTES, MESSAGE_BYTES], ids=["arguments", "message"])
async def test_arguments_that_are_too_large_are_a_refusal_that_a_model_can_read(
    headers: dict[str, str], size_bytes: int
) -> None:
    async with served() as server:
        response = await post(server, call(b'{"a":"' + b"x" * size_bytes + b'"}'), **headers)
        result = response.json()["result"]
        assert response.status_code == 200
        assert result["isError"] is True
        assert result["structuredContent"]["refusal"]["code"] == "TOO_LARGE"


@pytest.mark.parametrize(
    "body", [b'{"jsonrpc":"2.0","method":"x","params":[]}', b'{"jsonrpc":"2.0","id":1,"result":5}']
)
async def test_what_nobody_waits_for_is_refused_without_an_id(body: bytes) -> None:
    async with served() as server:
        response = await post(server, body)
        assert response.status_code == 400
        assert response.json()["id"] is None


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "HTTP_BODY_MS", 100)
    async with served() as server:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
        )
        writer.write(head.encode() + PING[:10])
        async with asyncio.timeout(5):
            assert b" 408 " in await reader.readline()
            assert b'"MALFORMED"' in await reader.readuntil(b"}}")
        writer.close()


async def test_a_client_that_goes_away_in_the_middle_harms_nobody() -> None:
    async with served() as server:
        host, port = server.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = (
            f"POST /mcp HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
        )
        writer.write(head.encode() + PING[:10])
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await post(server, INITIALIZE)).status_code == 200
        assert server.governed.strays == []


async def test_a_flood_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "HTTP_DISCARDED_BYTES", MESSAGE_BYTES + 1)
    async with served() as server:
        response = await post(server, PING[:-1] + b',"x":"' + b"x" * (2 * MESSAGE_BYTES) + b'"}')
        assert response.status_code == 413
        assert response.json()["id"] == "p"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example.com"}, 421),
        ({"host": "127.0.0.1:1"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"origin": "http://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:1"}, 403),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/mcp", f"/sessions/{'s' * 26}/mcp", "/"])
async def test_a_page_of_another_origin_cannot_reach_the_server(
    headers: dict[str, str], status: int, path: str
) -> None:
    """MCP 2025-11-25, transports, security warning: DNS rebinding."""
    async with served() as server:
        response = await post(server, INITIALIZE, path, **headers)
        assert (response.status_code, response.json()["refusal"]["code"]) == (status, "FORBIDDEN")
        await until(lambda: len(server.governed.strays) == 1)
        assert (server.governed.strays[0]["action"], server.governed.strays[0]["actor"]) == ("reach", "unknown")


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonl", ""])
async def test_what_is_not_json_is_refused(kind: str) -> None:
    """A form of a page elsewhere could be sent without asking; JSON cannot (the Fetch standard)."""
    async with served() as server:
        answer = await post(server, INITIALIZE, **{"content-type": kind})
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (415, "MALFORMED")


async def test_every_name_of_this_machine_is_served() -> None:
    async with served() as server:
        port = server.url.rpartition(":")[2]
        for name in ("127.0.0.1", "localhost", "[::1]"):
            headers = {"host": f"{name}:{port}", "origin": f"http://{name}:{port}"}
            assert (await post(server, INITIALIZE, **headers)).status_code == 200


async def test_other_paths_and_methods_are_not_there() -> None:
    async with served() as server, httpx2.AsyncClient() as client:
        assert (await post(server, PING, "/")).status_code == 404
        assert (await client.get(server.url + "/")).status_code == 404
        assert (await client.put(server.url + "/mcp")).status_code in {400, 405}
        unknown = {"mcp-session-id": "0" * 32, "accept": "text/event-stream"}
        assert (await client.get(server.url + "/mcp", headers=unknown)).status_code == 404

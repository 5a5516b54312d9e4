"""Serving a client: the handshake comes first, malformed lines are recorded, and the end is clean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.server.mcp_server import INSTRUCTIONS
from tests.server.stdio.raw import RawServer

SERVER = Path(__file__).with_name("governed.py")
SLOW_OPENING = """
import asyncio, contextlib, sys
sys.path.insert(0, {root!r})
from pointsman.server.stdio_server import serve_stdio
from tests.server.surfaces.governed import InMemoryGoverned

@contextlib.asynccontextmanager
async def opening():
    sys.stderr.write("opening\\n")
    {opening}
    yield InMemoryGoverned()
    sys.stderr.write("closed\\n")

asyncio.run(serve_stdio(opening(), surface="auto", era="auto", session=None, caller_id="local:tester"))
"""
ROOT = str(Path(__file__).parents[3])


def opened(opening: str) -> RawServer:
    return RawServer("-c", SLOW_OPENING.format(root=ROOT, opening=opening))


@pytest.fixture
def server() -> Iterator[RawServer]:
    server = RawServer(str(SERVER), "adaptive", "auto", "s" * 26)
    server.initialize()
    yield server
    server.stop()


def test_the_handshake_is_answered_before_the_rest_is_opened_and_calls_wait_for_it() -> None:
    server = opened("await asyncio.sleep(0.5)")
    answer = server.initialize()
    assert answer["result"]["serverInfo"]["name"] == "pointsman"
    assert answer["result"]["capabilities"]["tools"] == {"listChanged": True}
    assert answer["result"]["instructions"] == INSTRUCTIONS
    assert server.request("tools/list")["result"]["tools"][0]["name"] == "start_parcel"
    status, log = server.stop()
    assert status == 0
    assert log.split() == ["opening", "closed"]


def test_a_client_that_sends_everything_at_once_is_served() -> None:
    server = opened("pass")
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    server.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode())
    server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    server.send(b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
    server.send(b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"list_sessions"}}')
    assert {server.receive(20)["id"] for _ in range(3)} == {1, 2, 3}
    assert server.stop()[0] == 0


def test_a_silent_client_does_not_keep_the_rest_from_opening() -> None:
    """Timers of running sessions must fire whether the client speaks or not."""
    server = opened("raise SystemExit(4)")
    assert server.process.wait(timeout=20) == 4
    server.stop()


def test_an_opening_that_fails_ends_the_server() -> None:
    server = opened("raise SystemExit(4)")
    server.initialize()
    assert server.process.wait(timeout=10) == 4
    server.stop()


def test_a_client_that_leaves_before_the_rest_is_open_leaves_a_clean_end() -> None:
    server = opened("pass")
    server.close_input()
    status, _ = server.stop()
    assert status == 0


def test_malformed_lines_are_recorded_with_their_code(server: RawServer) -> None:
    for line in (b"{", b"[]", b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"a":NaN}}'):
        server.send(line)
        server.receive()
    server.send(
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"a":"' + b"x" * 10_000_000 + b'"}}}'
    )
    server.receive()
    answer = server.request("resources/read", {"uri": f"session://{'s' * 26}/audit"})
    rows = json.loads(answer["result"]["contents"][0]["text"])["rows"]
    answer = server.request("resources/read", {"uri": f"session://{'s' * 26}/audit?after=3"})
    rows += json.loads(answer["result"]["contents"][0]["text"])["rows"]
    assert [row["code"] for row in rows] == ["MALFORMED", "MALFORMED", "MALFORMED", "TOO_LARGE"]
    assert {row["action"] for row in rows} == {"message"}


def test_a_flood_of_malformed_lines_is_answered_and_the_next_call_works(server: RawServer) -> None:
    server.write(b"{\n" * 5_000)
    server.send(b'{"jsonrpc":"2.0","id":"end","method":"tools/list"}')
    answers = [server.receive(10) for _ in range(5_001)]
    assert sum("error" in answer for answer in answers) == 5_000
    assert sum(answer["id"] == "end" for answer in answers) == 1


def test_too_large_arguments_in_the_2026_era_have_a_complete_result() -> None:
    server = RawServer(str(SERVER), "compact", "auto", "s" * 26)
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params: dict[str, object] = {"name": "act", "arguments": {"action": "x"}, "_meta": meta}
    assert server.request("tools/call", params, within_s=20)["result"]["resultType"] == "complete"
    params["arguments"] = {"action": "x" * 2_000_000}
    answer = server.request("tools/call", params)
    assert answer["result"]["resultType"] == "complete"
    assert answer["result"]["structuredContent"]["refusal"]["code"] == "TOO_LARGE"
    server.stop()


MODERN: dict[str, object] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def test_with_the_handshake_era_alone_an_opening_in_the_2026_era_is_told_the_versions_there_are() -> None:
    server = RawServer(str(SERVER), "auto", "handshake", "s" * 26)
    for method in ("server/discover", "tools/list"):
        error = server.request(method, {"_meta": MODERN}, within_s=20)["error"]
        assert error["code"] == -32022
        assert "begin with `initialize`" in error["message"]
        assert error["data"]["requested"] == "2026-07-28"
        assert error["data"]["supported"][-1] == "2025-11-25"
    assert "result" in server.initialize()
    server.stop()


def test_with_the_handshake_era_alone_a_client_that_mixes_the_eras_is_served() -> None:
    server = RawServer(str(SERVER), "auto", "handshake", "s" * 26)
    server.initialize("claude-code")
    tools = server.request("tools/list", {"_meta": MODERN})["result"]["tools"]
    assert [tool["name"] for tool in tools] == ["desk_label", "hand_over", "session_status"]
    called = server.request("tools/call", {"name": "session_status", "arguments": {}, "_meta": MODERN})
    assert called["result"]["structuredContent"]["state"] == "labelling"
    server.stop()


def test_without_that_switch_a_connection_speaks_the_era_it_was_opened_in() -> None:
    server = RawServer(str(SERVER), "auto", "auto", "s" * 26)
    server.initialize("claude-code")
    assert "handshake protocol era" in server.request("tools/list", {"_meta": MODERN})["error"]["message"]
    server.stop()

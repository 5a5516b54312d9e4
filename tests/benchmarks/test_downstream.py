"""What a governed write costs, and what a call through the gateway costs, side by side with the bare call.

Times are printed, and nothing is asserted of them. The bare write is the same tool on a bare `mcp` server; the direct
call is the SDK's client at the very server that the gateway reaches.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from mcp import StdioServerParameters

from tests.benchmarks.clients import HERE, Side, call_in_turn, connected, governed, speaking

ROUNDS = 30
DOCUMENT = {"document": "inv-1001.txt"}
BARE = str(HERE / "bare_server.py")
UP_S = 30.0

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
async def test_a_governed_write_beside_the_bare_tool(
    mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Intent and outcome are committed one after the other; a write that is repeated gets the first one's answer."""
    async with (
        connected(BARE, mode=mode) as bare,
        connected(*governed(HERE / "writing.yaml", tmp_path), mode=mode) as ours,
    ):
        await bare.list_tools()
        await ours.call_tool("start_writing", {})
        await ours.list_tools()
        sides = [
            Side(bare, "desk_note", lambda number: {"text": f"note {number}"}),
            Side(ours, "desk_note", lambda number: {"text": f"note {number}"}),
            Side(ours, "desk_note", lambda _: {"text": "note 0"}),
        ]
        await call_in_turn(sides, ROUNDS)
    bare_ms, write_ms, repeated_ms = (side.median_ms for side in sides)
    few, many = sides[1].processor_ms(1, 6), sides[1].processor_ms(-5)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{mode}: bare {bare_ms:.2f} ms, governed write {write_ms:.2f} ms ({write_ms - bare_ms:+.2f} ms, "
            f"{write_ms / bare_ms:.2f} times), the same write again {repeated_ms:.2f} ms\n{worked(*sides)}; "
            f"of a write {few:.2f} ms with 20 to 120 in the ledger, {many:.2f} ms with 500 to 600\n"
        )


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_call_through_the_gateway_beside_the_direct_call(
    transport: str, mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client of the gateway speaks stdio; the transport is the downstream's."""
    with served(transport) as url:
        where = f"{{command: python, args: [{BARE}]}}" if url is None else f"{{url: {url}}}"
        workflow = tmp_path / "gateway.yaml"
        workflow.write_text(
            (HERE / "gateway.yaml").read_text(encoding="utf-8").replace("{command: WHERE_IT_IS}", where)
        )
        pin(workflow)
        direct_server = StdioServerParameters(command=sys.executable, args=[BARE]) if url is None else url
        async with (
            speaking(direct_server, mode=mode) as direct,
            connected(*governed(workflow, tmp_path), mode=mode) as ours,
        ):
            await direct.list_tools()
            await ours.call_tool("start_gateway", DOCUMENT)
            await ours.list_tools()
            sides = [
                Side(direct, "docs_read", lambda _: DOCUMENT),
                Side(ours, "bare_docs_read", lambda _: DOCUMENT),
            ]
            await call_in_turn(sides, ROUNDS)
    direct_ms, gateway_ms = (side.median_ms for side in sides)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{transport}, {mode}: direct {direct_ms:.2f} ms, through the gateway {gateway_ms:.2f} ms "
            f"({gateway_ms - direct_ms:+.2f} ms, {gateway_ms / direct_ms:.2f} times)\n"
            f"{worked(*sides)}\n"
        )


def worked(bare: Side, *others: Side) -> str:
    """Say what processor time the servers spent on a call of each side."""
    ratios = [
        f"{side.processor_ms():.2f} ms ({side.processor_ms() / bare.processor_ms():.2f} times)" for side in others
    ]
    return f"processor time of the servers: {bare.processor_ms():.2f} ms, {', '.join(ratios)}"


def pin(workflow: Path) -> None:
    """Pin what the server says of its tools."""
    locking = [sys.executable, "-m", "pointsman.server", "lock", str(workflow)]
    subprocess.run(locking, check=True, capture_output=True)


@contextmanager
def served(transport: str) -> Generator[str | None]:
    """Run the bare server over HTTP, and give its URL; over stdio each client starts its own."""
    if transport == "stdio":
        yield None
        return
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with subprocess.Popen([sys.executable, BARE, str(port)]) as server:
        try:
            end = time.monotonic() + UP_S
            while not listens(port):
                assert time.monotonic() < end
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.kill()


def listens(port: int) -> bool:
    """Whether a server can be reached at the port."""
    with closing(socket.socket()) as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0

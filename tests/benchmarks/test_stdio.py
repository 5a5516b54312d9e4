"""What governing costs over stdio, side by side with the same tool on a bare `mcp` server. Times are printed.

The aims are in design, section 13: a read adds at most 0.5 ms (median) and costs at most 1.5 times,
a refusal costs less than the bare call, and `initialize` is answered within 1.0 s of a cold start.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from tests.server.stdio.raw import RawServer

HERE = Path(__file__).parent
ROUNDS = 30
CALLS_A_ROUND = 20
COLD_STARTS = 7

pytestmark = pytest.mark.benchmark


def governed(directory: Path) -> list[str]:
    files = ["serve", str(HERE / "reading.yaml"), "--database", str(directory / "sessions.db")]
    return ["-m", "pointsman.server", *files, "--surface", "adaptive"]


@asynccontextmanager
async def connected(*arguments: str, mode: str) -> AsyncGenerator[Client]:
    parameters = StdioServerParameters(command=sys.executable, args=list(arguments))
    info = types.Implementation(name="claude-code", version="1")
    async with Client(parameters, mode=mode, client_info=info, read_timeout_seconds=30) as client:
        yield client


async def times_ms(client: Client, tool: str, arguments: dict[str, str], *, error: bool) -> list[float]:
    taken: list[float] = []
    for _ in range(CALLS_A_ROUND):
        before = time.perf_counter()
        result = await client.call_tool(tool, arguments)
        taken.append((time.perf_counter() - before) * 1000)
        assert result.is_error is error
    return taken


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
async def test_a_governed_read_and_a_refusal_beside_the_bare_tool(
    mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"document": "inv-1001.txt"}
    bare_ms: list[float] = []
    read_ms: list[float] = []
    refusal_ms: list[float] = []
    async with (
        connected(str(HERE / "bare_server.py"), mode=mode) as bare,
        connected(*governed(tmp_path), mode=mode) as ours,
    ):
        await bare.list_tools()
        await ours.call_tool("start_reading", document)
        await ours.list_tools()
        for _ in range(ROUNDS):
            bare_ms += await times_ms(bare, "docs_read", document, error=False)
            read_ms += await times_ms(ours, "docs_read", document, error=False)
            refusal_ms += await times_ms(ours, "no_such_tool", {}, error=True)
    # The first round warms up.
    bare_median, read_median, refusal_median = (
        statistics.median(taken[CALLS_A_ROUND:]) for taken in (bare_ms, read_ms, refusal_ms)
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n{mode}: bare {bare_median:.2f} ms, governed read {read_median:.2f} ms "
            f"({read_median - bare_median:+.2f} ms, {read_median / bare_median:.2f} times), "
            f"refusal {refusal_median:.2f} ms\n"
        )
    assert len(read_ms) == ROUNDS * CALLS_A_ROUND


def test_a_cold_start_to_the_answer_of_the_handshake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Importing mcp is most of it, so that is measured beside it."""
    answered_s: list[float] = []
    listed_s: list[float] = []
    imported_s: list[float] = []
    for _ in range(COLD_STARTS):
        before = time.perf_counter()
        server = RawServer(*governed(tmp_path))
        server.initialize("claude-code")
        answered_s.append(time.perf_counter() - before)
        assert server.request("tools/list", within_s=20.0)["result"]["tools"]
        listed_s.append(time.perf_counter() - before)
        server.stop()
        before = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import mcp.server.lowlevel"], check=True)
        imported_s.append(time.perf_counter() - before)
    answered, listed, imported = (statistics.median(taken) for taken in (answered_s, listed_s, imported_s))
    with capsys.disabled():
        sys.stdout.write(
            f"\ncold start to the answer of initialize {answered:.2f} s, to the tool list {listed:.2f} s; "
            f"importing mcp alone {imported:.2f} s\n"
        )
    assert answered < listed

"""What governing costs over stdio, side by side with the same tool on a bare `mcp` server. Times are printed.

The aims are in design, section 13: a read adds at most 0.5 ms (median) and costs at most 1.5 times,
a refusal costs less than the bare call, and `initialize` is answered within 1.0 s of a cold start.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.clients import HERE, Side, call_in_turn, connected, governed
from tests.server.stdio.raw import RawServer

ROUNDS = 30
COLD_STARTS = 7
DOCUMENT = {"document": "inv-1001.txt"}

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
async def test_a_governed_read_and_a_refusal_beside_the_bare_tool(
    mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        connected(str(HERE / "bare_server.py"), mode=mode) as bare,
        connected(*governed(HERE / "reading.yaml", tmp_path), mode=mode) as ours,
    ):
        await bare.list_tools()
        await ours.call_tool("start_reading", DOCUMENT)
        await ours.list_tools()
        sides = [
            Side(bare, "docs_read", lambda _: DOCUMENT),
            Side(ours, "docs_read", lambda _: DOCUMENT),
            Side(ours, "no_such_tool", lambda _: {}, refused=True),
        ]
        await call_in_turn(sides, ROUNDS)
    bare_median, read_median, refusal_median = (side.median_ms for side in sides)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{mode}: bare {bare_median:.2f} ms, governed read {read_median:.2f} ms "
            f"({read_median - bare_median:+.2f} ms, {read_median / bare_median:.2f} times), "
            f"refusal {refusal_median:.2f} ms\n"
        )


def test_a_cold_start_to_the_answer_of_the_handshake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Importing mcp is most of it, so that is measured beside it."""
    answered_s: list[float] = []
    listed_s: list[float] = []
    imported_s: list[float] = []
    for _ in range(COLD_STARTS):
        before = time.perf_counter()
        server = RawServer(*governed(HERE / "reading.yaml", tmp_path))
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

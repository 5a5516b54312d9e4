"""Everything hostile that HTTP can bring, at once, while good clients work (faults.md 11 to 15 and 38).

Every attempt is answered or closed within its bound, memory stays flat, good clients do not notice, and afterwards
the server is as before.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import pytest
from mcp import Client

from pointsman.server.bounds import HTTP_BODY_MS, HTTP_HEAD_MS, HTTP_LINGER_MS, HTTP_STALL_MS
from tests.faults.attacker import LARGE_BYTES
from tests.faults.web_server import Good, Server, serving, worked
from tests.server.http.served import INITIALIZE
from tests.server.http.wire import request, wire
from tests.server.stdio.test_strict_stdio import REJECTED, call

pytestmark = [pytest.mark.faults]

HERE: Final = Path(__file__).parent
GOOD_CALL_S: Final = 8.0
"""The longest that a good client's call may take; the attack and the good clients share the machine with the server."""
GOOD_MEDIAN_S: Final = 0.3
"""The same of half of the calls; it is a few milliseconds when nobody attacks."""
PEAK_KB: Final = 80_000
"""What the server may have more at the height of the attack, once it has read one message of each kind: 2,000
connections of some 15 KB, 8 MiB of large bodies that are kept, and messages of up to 4 MiB that are being read.
"""
AGAIN_KB: Final = 20_000
"""What a second attack may add to that: the same memory is used again."""
LATE_S: Final = 10.0
"""How much later than its bound an attempt may end: both processes have much to do."""
BOUNDS_S: Final = {
    "idle": HTTP_HEAD_MS / 1000,
    "half_open": HTTP_HEAD_MS / 1000,
    "slow_body": (HTTP_BODY_MS + HTTP_LINGER_MS) / 1000,
    "large_body": (HTTP_BODY_MS + HTTP_LINGER_MS) / 1000,
    "not reading": 2 * HTTP_STALL_MS / 1000,
}
"""Everything else is answered at once."""


async def opened(url: str) -> tuple[str, str]:
    """Open a connection of the handshake era and a session of the workflow, for who does not read."""
    async with wire(url) as client:
        await client.send(request(url, INITIALIZE))
        connection = (await client.reader.readuntil(b"\r\n\r\n")).decode().lower()
    async with Client(url + "/mcp", mode="auto") as client:
        started = await client.call_tool("start", {"workflow": "hostile"})
    identifier = connection.partition("mcp-session-id: ")[2].partition("\r\n")[0]
    begun: dict[str, Any] = started.structured_content or {}
    return identifier, str(begun["session"])


async def warmed_up(url: str) -> None:
    """Have the server do once what takes much memory, which a process then keeps."""
    large = call(b'{"a":"' + b"x" * LARGE_BYTES + b'"}')
    for body in [*(rejected[0] for rejected in REJECTED.values()), large]:
        async with wire(url) as client:
            await client.send(request(url, body))
            assert await client.reader.readline()
    await asyncio.sleep(1)


async def attacked(url: str) -> list[dict[str, Any]]:
    """Run the attacker, and give how its attempts have ended."""
    attacker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.attacker", url, *await opened(url)),
        cwd=HERE.parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await attacker.communicate()
    assert attacker.returncode == 0
    ended: list[dict[str, Any]] = json.loads(said)
    return ended


async def test_good_clients_do_not_notice_an_attack_of_everything_at_once(tmp_path: Path) -> None:
    """Issue 5."""
    async with serving(tmp_path) as server:
        good = [Good("legacy"), Good("auto"), Good("legacy"), Good("auto")]
        await worked(server, good, warmed_up(server.url))
        before_kb, before_files = server.resident_kb(), server.files
        calm_s = max(taken for each in good for taken in each.taken_s)
        for each in good:
            each.taken_s.clear()
        ended = await worked(server, good, attacked(server.url))
        taken_s = [taken for each in good for taken in each.taken_s]
        slowest_s, median_s = max(taken_s), statistics.median(taken_s)
        peak_kb = server.resident_kb("VmHWM")
        await settled(server, before_files)
        ended += await attacked(server.url)
        again_kb = server.resident_kb("VmHWM") - peak_kb
        await settled(server, before_files)
    report(ended)
    sys.stdout.write(
        f"calm at most {calm_s:.3f} s, attacked at most {slowest_s:.3f} s, half of {len(taken_s)} calls "
        f"within {median_s:.3f} s, {peak_kb - before_kb} KB more, and {again_kb} KB again\n"
    )
    assert slowest_s < GOOD_CALL_S
    assert median_s < GOOD_MEDIAN_S
    assert peak_kb - before_kb < PEAK_KB
    assert again_kb < AGAIN_KB
    late = [each for each in ended if each["after_s"] > BOUNDS_S.get(each["attempt"], 0) + LATE_S]
    assert late == []


async def settled(server: Server, files: list[str]) -> None:
    """Wait until the server has no more open than before."""
    async with asyncio.timeout(10):
        while server.files.count("socket") > files.count("socket"):  # noqa: ASYNC110  # they are another process's
            await asyncio.sleep(0.1)
    assert Counter(server.files) - Counter(files) == Counter()


def report(ended: list[dict[str, Any]]) -> None:
    """Print how the attempts have ended."""
    by_attempt: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in ended:
        by_attempt[each["attempt"]].append(each)
    for attempt, all_of_it in by_attempt.items():
        longest_s = max(each["after_s"] for each in all_of_it)
        statuses = {each["status"] for each in all_of_it}
        sys.stdout.write(f"{attempt}: {len(all_of_it)}, statuses {statuses}, at most {longest_s:.2f} s\n")

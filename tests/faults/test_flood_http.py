"""One principal asks as often as it can (faults.md 38): it is limited, it is audited, and the others do not notice."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from pointsman.server.application import open_application
from tests.faults.web_server import Good, serving, worked
from tests.server.http.wire import request, wire

pytestmark = [pytest.mark.faults]

FLOODING: Final = 50
"""Connections of whoever floods, each of which asks again as soon as it has been answered."""
FLOOD_S: Final = 8.0
SLOWER: Final = 3.0
SLOWER_S: Final = 0.03
"""How much longer half of the others' calls may take; the flood itself is made on the same machine."""
PING: Final = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


def token_of(folder: Path, name: str) -> str:
    """Make a token of an agent."""
    making = ["token", "create", name, "--kind", "agent", "--owner", name, "--database", str(folder / "sessions.db")]
    made = subprocess.run(
        [sys.executable, "-m", "pointsman.server", *making], check=True, capture_output=True, text=True
    )
    return next(word for word in made.stdout.split() if word.startswith("pma_"))


async def flooding(url: str, token: str) -> Counter[int]:
    """Ask as often as it goes, and give how often which status was the answer."""
    statuses: Counter[int] = Counter()

    async def flood() -> None:
        async with wire(url) as client:
            while True:
                await client.send(request(url, PING, f"authorization: Bearer {token}"))
                statuses[(await client.answer(10)).status] += 1

    floods = [asyncio.create_task(flood()) for _ in range(FLOODING)]
    await asyncio.wait(floods, timeout=FLOOD_S)
    for each in floods:
        each.cancel()
    ended = await asyncio.gather(*floods, return_exceptions=True)
    assert {type(each) for each in ended} == {asyncio.CancelledError}
    return statuses


async def test_a_flood_of_one_principal_is_limited_and_audited_and_does_not_slow_the_others(tmp_path: Path) -> None:
    """Issue 5."""
    flooder, other = token_of(tmp_path, "flooder"), token_of(tmp_path, "other")
    async with serving(tmp_path, "--require-token", "--rate", "20") as server:
        good = [Good("legacy", other), Good("auto", other)]
        for each in good:
            each.pause_s = 0.2
        await worked(server, good, asyncio.sleep(FLOOD_S / 2))
        calm_s = statistics.median(taken for each in good for taken in each.taken_s)
        for each in good:
            each.taken_s.clear()
        statuses = await worked(server, good, flooding(server.url, flooder))
        flooded_s = statistics.median(taken for each in good for taken in each.taken_s)
    sys.stdout.write(f"calm {calm_s * 1000:.1f} ms, flooded {flooded_s * 1000:.1f} ms; the flood: {dict(statuses)}\n")
    admitted = statuses.total() - statuses[429]
    assert admitted <= 4 * 20 + 20 * (FLOOD_S + 1)
    assert statuses[429] > admitted
    assert flooded_s < SLOWER * calm_s + SLOWER_S
    async with open_application(str(tmp_path / "sessions.db"), [], caretaking=False) as application:
        rows = await application.engine.audit_rows("server")
    told: list[Any] = [row for row in rows if row["actor_id"] == "flooder" and row["code"] == "LIMIT_REACHED"]
    assert [row["action"] for row in told] == ["ask"]
    counted = json.loads(told[0]["body"]["arguments"])["requests"]
    assert statuses[429] <= counted <= statuses[429] + FLOODING

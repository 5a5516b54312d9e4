"""Everything hostile that HTTP can bring, at once, while good clients work (faults.md 11 to 15 and 38).

Every attempt is answered or closed within its bound, memory stays flat, good clients do not notice, and afterwards
the server is as before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import mcp_types as types
import pytest
from mcp import Client

from pointsman.contracts.bounds import HTTP_BODY_MS, HTTP_HEAD_MS, HTTP_LINGER_MS, HTTP_STALL_MS
from tests.faults.attacker import LARGE_BYTES
from tests.server.http.served import INITIALIZE
from tests.server.http.wire import request, wire
from tests.server.stdio.test_strict_stdio import REJECTED, call

pytestmark = [pytest.mark.faults]

HERE: Final = Path(__file__).parent
UP_S: Final = 30.0
GOOD_CALL_S: Final = 5.0
"""The longest that a good client's call may take; it is a few milliseconds when nobody attacks, and the attack and the
good clients share the machine with the server."""
GROWTH_KB: Final = 50_000
"""What the server may grow by, once it has read one message of each kind."""
LATE_S: Final = 5.0
"""How much later than its bound an attempt may end: both processes have much to do."""
BOUNDS_S: Final = {
    "idle": HTTP_HEAD_MS / 1000,
    "half_open": HTTP_HEAD_MS / 1000,
    "slow_body": (HTTP_BODY_MS + HTTP_LINGER_MS) / 1000,
    "large_body": (HTTP_BODY_MS + HTTP_LINGER_MS) / 1000,
    "not reading": 2 * HTTP_STALL_MS / 1000,
}
"""Everything else is answered at once."""


@dataclass
class Server:
    """A process of `pointsman serve --http`."""

    process: asyncio.subprocess.Process
    url: str

    @property
    def files(self) -> list[str]:
        """What its file descriptors are."""
        found: list[str] = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                found.append(str(entry.readlink()).split(":")[0])
        return found

    def resident_kb(self, what: str = "VmRSS") -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(what):
                return int(line.split()[1])
        raise LookupError(what)


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[Server]:
    """Serve hostile.yaml at a free port."""
    log = folder / "log"
    arguments = ["serve", str(HERE / "hostile.yaml"), "--database", str(folder / "sessions.db"), "--surface", "compact"]
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pointsman.server", *arguments, "--http", "127.0.0.1:0"),
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            stderr=said,
        )
    try:
        async with asyncio.timeout(UP_S):
            while b"serving" not in log.read_bytes():  # noqa: ASYNC110  # another process writes it
                await asyncio.sleep(0.05)
        told = next(json.loads(line) for line in log.read_text().splitlines() if '"serving"' in line)
        yield Server(process, str(told["url"]).removesuffix("/mcp"))
    finally:
        process.terminate()
        await process.wait()
        sys.stdout.write(log.read_text()[-5_000:])


@dataclass
class Good:
    """A client that works all the time."""

    mode: str
    taken_s: list[float] = field(default_factory=list[float])

    async def work(self, url: str, end: asyncio.Event) -> None:
        """Start a session, and read in it until the end; every call must succeed."""
        info = types.Implementation(name="claude-code", version="1")
        async with Client(url + "/mcp", mode=self.mode, client_info=info, read_timeout_seconds=30) as client:
            session = (await self._call(client, "start", {"workflow": "hostile"}))["session"]
            while not end.is_set():
                action = {"session": session, "action": "shelf.page", "arguments": {"length": 10}}
                assert (await self._call(client, "act", action))["outcome"] == "done"
                await asyncio.sleep(0.05)

    async def _call(self, client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        before = time.monotonic()
        result = await client.call_tool(tool, arguments)
        self.taken_s.append(time.monotonic() - before)
        assert not result.is_error, result
        return dict(result.structured_content or {})


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
        slowest_s = max(taken for each in good for taken in each.taken_s)
        calls = sum(len(each.taken_s) for each in good)
        growth_kb = server.resident_kb("VmHWM") - before_kb
        await settled(server, before_files)
    report(ended)
    sys.stdout.write(f"calm {calm_s:.3f} s, attacked {slowest_s:.3f} s, {calls} calls, {growth_kb} KB more\n")
    assert slowest_s < GOOD_CALL_S
    assert growth_kb < GROWTH_KB
    late = [each for each in ended if each["after_s"] > BOUNDS_S.get(each["attempt"], 0) + LATE_S]
    assert late == []


async def worked(server: Server, good: list[Good], meanwhile: Any) -> Any:  # noqa: ANN401  # whatever is awaited
    """Have the good clients work while something else is done."""
    end = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in good:
            group.create_task(each.work(server.url, end))
        done = await meanwhile
        end.set()
    return done


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

"""What governing costs over HTTP, side by side with the same tool on a bare `mcp` server, and what idle clients hold.

Times and sizes are printed, and nothing is asserted of them. Ours asks for a token at every request; the bare server
asks for none.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.benchmarks.clients import HERE, Side, call_in_turn, processor_ms
from tests.benchmarks.test_downstream import served, worked
from tests.server.outside import resident_kb

ROUNDS = 30
CLIENTS = 50
CALLS_EACH = 10
CONCURRENT_ROUNDS = 6
IDLE = 200
UP_S = 30.0
DOCUMENT = {"document": "inv-1001.txt"}
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])

pytestmark = pytest.mark.benchmark


@dataclass(frozen=True)
class Web:
    """A server over HTTP: where it is, and the token that it asks for."""

    url: str
    process: int
    token: str | None = None

    @asynccontextmanager
    async def client(self, mode: str, path: str = "/mcp") -> AsyncGenerator[Client]:
        bearer = None if self.token is None else {"authorization": f"Bearer {self.token}"}
        info = types.Implementation(name="claude-code", version="1")
        async with httpx2.AsyncClient(headers=bearer, timeout=httpx2.Timeout(30, read=300), verify=False) as http:
            transport = streamable_http_client(self.url + path, http_client=http)
            async with Client(transport, mode=mode, client_info=info, read_timeout_seconds=60) as client:
                yield client

    @asynccontextmanager
    async def in_session(self, mode: str) -> AsyncGenerator[Client]:
        """Connect a client that has begun to read. In the era of 2026 its session's own endpoint knows which it is."""
        async with self.client(mode) as opening:
            started = await opening.call_tool("start_reading", DOCUMENT)
            begun: dict[str, Any] = started.structured_content or {}
            if mode == "legacy":
                await opening.list_tools()
                yield opening
                return
        async with self.client(mode, f"/sessions/{begun['session']}/mcp") as client:
            await client.list_tools()
            yield client

    def resident_kb(self) -> int:
        return resident_kb(self.process, "VmRSS")


@contextmanager
def bare() -> Generator[Web]:
    """Run the bare server."""
    before = children()
    with served("http") as url:
        assert url is not None
        (process,) = children() - before
        yield Web(url.removesuffix("/mcp"), process)


@contextmanager
def governed(folder: Path) -> Generator[Web]:
    """Serve reading.yaml, with a token of an agent."""
    command = [sys.executable, "-m", "pointsman.server"]
    database = ["--database", str(folder / "sessions.db")]
    making = [*command, "token", "create", "reader", "--kind", "agent", "--owner", "ann", *database]
    made = subprocess.run(making, check=True, capture_output=True, text=True)
    token = next(word for word in made.stdout.split() if word.startswith("pma_"))
    options = ["--http", "127.0.0.1:0", "--require-token", "--rate", "100000", "--surface", "adaptive"]
    log = folder / "log"
    with log.open("wb") as said:
        server = subprocess.Popen([*command, "serve", str(HERE / "reading.yaml"), *database, *options], stderr=said)
    try:
        end = time.monotonic() + UP_S
        while b'"serving"' not in log.read_bytes():
            assert time.monotonic() < end
            time.sleep(0.05)
        line = next(line for line in log.read_text().splitlines() if '"serving"' in line)
        yield Web(str(json.loads(line)["url"]).removesuffix("/mcp"), server.pid, token)
    finally:
        server.terminate()
        server.wait()


def children() -> set[int]:
    """Give the processes that this one has started and that still run."""
    each = (one.read_text(encoding="ascii").split() for one in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for pids in each for pid in pids}


@pytest.fixture
def servers(tmp_path: Path) -> Generator[tuple[Web, Web]]:
    """The bare server and ours."""
    with bare() as theirs, governed(tmp_path) as ours:
        yield theirs, ours


@BOTH_ERAS
async def test_a_governed_read_and_a_refusal_over_http_beside_the_bare_tool(
    mode: str, servers: tuple[Web, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    theirs, ours = servers
    async with theirs.client(mode) as bare_client, ours.in_session(mode) as our_client:
        await bare_client.list_tools()
        sides = [
            Side(bare_client, "docs_read", lambda _: DOCUMENT),
            Side(our_client, "docs_read", lambda _: DOCUMENT),
            Side(our_client, "no_such_tool", lambda _: {}, refused=True),
        ]
        await call_in_turn(sides, ROUNDS)
    bare_ms, read_ms, refusal_ms = (side.median_ms for side in sides)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{mode}, 1 client: bare {bare_ms:.2f} ms, governed read {read_ms:.2f} ms ({read_ms - bare_ms:+.2f} ms, "
            f"{read_ms / bare_ms:.2f} times), refusal {refusal_ms:.2f} ms\n{worked(*sides)}\n"
        )


@BOTH_ERAS
async def test_reads_of_many_clients_at_once_beside_the_bare_tool(
    mode: str, servers: tuple[Web, Web], capsys: pytest.CaptureFixture[str]
) -> None:
    """The clients share one process, and take most of the time; the processor time of the servers says more."""
    theirs, ours = servers
    async with AsyncExitStack() as stack:
        bare_clients = [await stack.enter_async_context(theirs.client(mode)) for _ in range(CLIENTS)]
        our_clients = [await stack.enter_async_context(ours.in_session(mode)) for _ in range(CLIENTS)]
        taken: dict[str, list[tuple[float, float]]] = {"bare": [], "governed": []}
        for _ in range(CONCURRENT_ROUNDS):
            taken["bare"].append(await called_at_once(bare_clients))
            taken["governed"].append(await called_at_once(our_clients))
    (bare_ms, bare_worked), (our_ms, our_worked) = (
        (statistics.median(passed for passed, _ in rounds[1:]), statistics.median(work for _, work in rounds[1:]))
        for rounds in taken.values()
    )
    with capsys.disabled():
        sys.stdout.write(
            f"\n{mode}, {CLIENTS} clients: a call every {bare_ms:.2f} ms bare, every {our_ms:.2f} ms governed "
            f"({our_ms / bare_ms:.2f} times); processor time of the servers {bare_worked:.2f} and {our_worked:.2f} ms "
            f"a call ({our_worked / bare_worked:.2f} times)\n"
        )


async def called_at_once(clients: Sequence[Client]) -> tuple[float, float]:
    """Have all clients call at the same time; give what passed for one call, and the servers' processor time."""

    async def call(client: Client) -> None:
        for _ in range(CALLS_EACH):
            assert not (await client.call_tool("docs_read", DOCUMENT)).is_error

    calls = len(clients) * CALLS_EACH
    before_worked, before = processor_ms(), time.perf_counter()
    await asyncio.gather(*map(call, clients))
    return (time.perf_counter() - before) * 1000 / calls, (processor_ms() - before_worked) / calls


async def test_what_idle_clients_of_the_handshake_era_and_sessions_hold_beside_the_bare_server(
    servers: tuple[Web, Web], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = servers[1]
    held_kb = [await held_by_idle(web) for web in servers]
    async with ours.client("legacy") as client:
        before_kb = ours.resident_kb()
        for _ in range(IDLE):
            await client.call_tool("start_reading", DOCUMENT)
        started_kb = (ours.resident_kb() - before_kb) / IDLE
    stored_kb = sum(file.stat().st_size for file in tmp_path.glob("sessions.db*")) / 1024
    with capsys.disabled():
        sys.stdout.write(
            f"\nan idle client of the handshake era that listens: {held_kb[0]:.0f} KB bare, {held_kb[1]:.0f} KB "
            f"governed ({held_kb[1] / held_kb[0]:.2f} times); a session {started_kb:.1f} KB in memory; "
            f"the database with {IDLE + 1} of them has {stored_kb:.0f} KB\n"
        )


async def held_by_idle(web: Web) -> float:
    """Give the memory in KB that each of many clients takes that are connected, listen, and do nothing."""
    async with AsyncExitStack() as stack:
        await listening(await stack.enter_async_context(web.client("legacy")))
        before_kb = web.resident_kb()
        for _ in range(IDLE):
            await listening(await stack.enter_async_context(web.client("legacy")))
        await asyncio.sleep(1)
        return (web.resident_kb() - before_kb) / IDLE


async def listening(client: Client) -> None:
    """Have a client read the list of tools; the SDK's client listens for its changes by itself."""
    await client.list_tools()

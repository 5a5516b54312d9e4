"""A process of `pointsman serve --http` that is attacked, and good clients that work all the time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.server.outside import resident_kb

HERE: Final = Path(__file__).parent
UP_S: Final = 30.0


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
        return resident_kb(self.process.pid, what)


@asynccontextmanager
async def serving(folder: Path, *options: str) -> AsyncGenerator[Server]:
    """Serve hostile.yaml at a free port, from a database in the folder."""
    log = folder / "log"
    arguments = [
        "serve",
        str(HERE / "hostile.yaml"),
        "--database",
        str(folder / "sessions.db"),
        "--surface",
        "compact",
        *options,
    ]
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
    token: str | None = None
    pause_s: float = 0.05
    taken_s: list[float] = field(default_factory=list[float])

    async def work(self, url: str, end: asyncio.Event) -> None:
        """Start a session, and read in it until the end; every call must succeed."""
        info = types.Implementation(name="claude-code", version="1")
        bearer = None if self.token is None else {"authorization": f"Bearer {self.token}"}
        async with httpx2.AsyncClient(headers=bearer, timeout=httpx2.Timeout(30, read=300)) as http:
            transport = streamable_http_client(url + "/mcp", http_client=http)
            await self._work(Client(transport, mode=self.mode, client_info=info, read_timeout_seconds=30), end)

    async def _work(self, opening: Client, end: asyncio.Event) -> None:
        async with opening as client:
            session = (await self._call(client, "start", {"workflow": "hostile"}))["session"]
            while not end.is_set():
                action = {"session": session, "action": "shelf.page", "arguments": {"length": 10}}
                assert (await self._call(client, "act", action))["outcome"] == "done"
                await asyncio.sleep(self.pause_s)

    async def _call(self, client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        before = time.monotonic()
        result = await client.call_tool(tool, arguments)
        self.taken_s.append(time.monotonic() - before)
        assert not result.is_error, result
        return dict(result.structured_content or {})


async def worked(server: Server, good: list[Good], meanwhile: Any) -> Any:  # noqa: ANN401  # whatever is awaited
    """Have the good clients work while something else is done."""
    end = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in good:
            group.create_task(each.work(server.url, end))
        done = await meanwhile
        end.set()
    return done

"""Servers as the SDK makes them, in both eras of the protocol and over both transports."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from pointsman.tools.mcp.source import McpSource

from .workshop import Docks, call

SERVER = Path(__file__).parent / "sdk_server.py"


@pytest.fixture(params=["stdio", "http"])
async def source(request: pytest.FixtureRequest, docks: Docks) -> AsyncIterator[McpSource]:
    pins = (await docks.source(args=[str(SERVER)]).offer()).locked()
    if request.param == "stdio":
        yield docks.source(args=[str(SERVER)], pins=pins)
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(sys.executable, SERVER, str(port), stdout=asyncio.subprocess.DEVNULL)
    await _listening(port)
    yield docks.at(f"http://127.0.0.1:{port}/mcp", {"x-tenant": "acme"}, pins=pins)
    with suppress(ProcessLookupError):  # its last call was to end
        process.kill()
    await process.wait()


@pytest.mark.slow
async def test_a_server_of_the_modern_era_is_called_and_followed(source: McpSource) -> None:
    assert "dock.add" in {one.name for one in await source.definitions()}
    assert source.quarantined() == {}
    assert (await call(source, "add", {"a": 1, "b": 2}, effect="write")).result == {"sum": 3}
    wrong = await call(source, "add", {"a": "one"}, effect="write")
    assert wrong.outcome == "unknown"
    headers = (await call(source, "headers")).result
    assert headers == {} or (isinstance(headers, dict) and headers["x-tenant"] == "acme")
    assert (await call(source, "grow")).outcome == "done"
    async with asyncio.timeout(10):
        while "dock.grown" not in (await source.offer()).tools:
            await call(source, "headers")
    long = await call(source, "long", {"size_bytes": 50 * 1024 * 1024}, effect="write")
    assert long.outcome == "unknown"
    assert "longer than" in (long.error or "") or "ended before" in (long.error or "")
    assert (await call(source, "add", {"a": 1, "b": 2})).result == {"sum": 3}
    died = await call(source, "die", effect="write")
    assert died.outcome == "unknown"


async def _listening(port: int) -> None:
    """Wait until somebody listens there."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return

"""The SDK's client at both sides of a comparison, and calls of both in turn."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp import Client, StdioServerParameters

HERE = Path(__file__).parent
CALLS_A_ROUND = 20
WARM_UP = CALLS_A_ROUND
"""Calls of each side that are made first and not counted."""


@dataclass(frozen=True)
class Side:
    """One side: who is called, by which tool, with what (given the number of the call), and whether it is refused."""

    client: Client
    tool: str
    arguments: Callable[[int], dict[str, Any]]
    refused: bool = False
    taken_ms: list[float] = field(default_factory=list[float])
    worked_ms: list[float] = field(default_factory=list[float])
    """Processor time of all servers for each round of calls."""

    @property
    def median_ms(self) -> float:
        return statistics.median(self.taken_ms[WARM_UP:])

    def processor_ms(self, first: int = 1, end: int | None = None) -> float:
        """Processor time of all servers for one call of these rounds: other programs disturb it least."""
        return statistics.median(self.worked_ms[first:end]) / CALLS_A_ROUND


def governed(file: Path, directory: Path) -> list[str]:
    """Python's arguments that serve a workflow."""
    files = ["serve", str(file), "--database", str(directory / "sessions.db")]
    return ["-m", "pointsman.server", *files, "--surface", "adaptive"]


@asynccontextmanager
async def connected(*arguments: str, mode: str) -> AsyncGenerator[Client]:
    """Start Python with these arguments, and speak with the server it runs."""
    parameters = StdioServerParameters(command=sys.executable, args=list(arguments))
    async with speaking(parameters, mode=mode) as client:
        yield client


@asynccontextmanager
async def speaking(server: StdioServerParameters | str, mode: str) -> AsyncGenerator[Client]:
    """Speak with a server: one to be started, or one at a URL."""
    info = types.Implementation(name="claude-code", version="1")
    async with Client(server, mode=mode, client_info=info, read_timeout_seconds=30) as client:
        yield client


async def call_in_turn(sides: Sequence[Side], rounds: int) -> None:
    """Call the sides in turn, so that what disturbs the machine disturbs all of them."""
    for number in range(rounds):
        for side in sides:
            worked_ms = processor_ms()
            for call in range(CALLS_A_ROUND):
                arguments = side.arguments(number * CALLS_A_ROUND + call)
                before = time.perf_counter()
                result = await side.client.call_tool(side.tool, arguments)
                side.taken_ms.append((time.perf_counter() - before) * 1000)
                assert result.is_error is side.refused
            side.worked_ms.append(processor_ms() - worked_ms)


def processor_ms(process: str = "self") -> float:
    """Processor time of all that this process has started and that still runs, as Linux counts it."""
    spent_ms = 0.0
    for thread in Path(f"/proc/{process}/task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            for its in Path(f"/proc/{child}/task").iterdir():
                spent_ms += int((its / "schedstat").read_text(encoding="ascii").split()[0]) / 1_000_000
            spent_ms += processor_ms(child)
    return spent_ms

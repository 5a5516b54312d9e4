"""The time of one database: what its server processes do so that they go by the same, whoever sets the machine's clock.

A process begins with the machine's clock, or, where that is far from it, with the clock of a process that runs already.
It notes its own beside its beat. A step that it does not follow is logged, and told to the audit's chain `server`.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Final

import structlog

from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject

from .bounds import CLOCK_NOTED_MS
from .clock import SteadyClock, Step
from .engines.embedded import EmbeddedEngine
from .engines.neighbours import life_of
from .engines.strays import Frame
from .identity import SERVER, new_command_id
from .store.instances import note_clock, noted_clocks

_log = structlog.get_logger(__name__)

NOT_FOLLOWED: Final = "The machine's clock was set by more than is followed; this process goes on by elapsed time."
ADOPTED: Final = "The machine's clock is far from that of a process which runs on this database; its time is taken."


async def clock_beside(engine: EmbeddedEngine) -> SteadyClock:
    """Give a clock for a single command: it goes by the time of a server that runs on this database, if one does.

    Raises:
        StoreError: when the database does not answer.
    """
    clock = SteadyClock()
    await _adopt(engine, clock)
    return clock


class Timekeeper:
    """Keeps the clock of this process.

    Args:
        engine: Where the others note their clocks, and where the audit is.
        clock: The clock of this process.
    """

    def __init__(self, engine: EmbeddedEngine, clock: SteadyClock) -> None:
        self._engine = engine
        self._clock = clock
        self._untold: list[tuple[Step, str]] = []
        self._telling = asyncio.Lock()
        self._noted_ms: int | None = None

    async def begin(self) -> None:
        """Take the time of a process that runs on this database, if one does, and tell the others of one's own.

        Raises:
            StoreError: when the database does not answer.
        """
        step = await _adopt(self._engine, self._clock)
        if step is not None:
            self._found(step, ADOPTED)
        await self.look()

    async def look(self) -> None:
        """Tell of steps that are not followed, and note where the clock is if the others do not know.

        Raises:
            StoreError: when the database does not answer; what was not told is told next time.
        """
        self._clock.now_ms()
        for step in self._clock.take_steps():
            self._found(step, NOT_FOLLOWED)
        async with self._telling:
            while self._untold:
                await self._tell(*self._untold[0])
                del self._untold[0]
        ahead_ms = self._clock.ahead_ms
        if self._noted_ms is None or abs(ahead_ms - self._noted_ms) >= CLOCK_NOTED_MS:
            await self._engine.writing(note_clock, self._engine.instance, life_of(os.getpid()), ahead_ms)
            self._noted_ms = ahead_ms

    def _found(self, step: Step, why: str) -> None:
        _log.warning(why, step_ms=step.by_ms, machine=iso(step.machine_ms), clock=iso(step.clock_ms))
        self._untold.append((step, why))

    async def _tell(self, step: Step, why: str) -> None:
        frame = Frame(new_command_id(), step.clock_ms, SERVER, "server")
        result: JsonObject = {
            "step_ms": step.by_ms,
            "machine": iso(step.machine_ms),
            "clock": iso(step.clock_ms),
            "instance": self._engine.instance,
        }
        await self._engine.record_act(frame, "clock", result, why)


async def _adopt(engine: EmbeddedEngine, clock: SteadyClock) -> Step | None:
    """Take the time of the process that runs longest on this database, and is of this machine."""
    found = await engine.reading(noted_clocks, socket.gethostname(), engine.instance)
    theirs = next((one.ahead_ms for one in found if one.life == life_of(one.pid)), None)
    return None if theirs is None else clock.adopt(theirs)

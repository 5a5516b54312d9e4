"""Tells a client that waits for a reply what its call does meanwhile, if the client asks for progress.

Two things are told: how far the called tool says it is, as it says it, and what the session does, at
most so often. Only the session of the call is told of, and only once the governor has found that the
caller may see it. A call that is answered at once tells nothing of the session.

The numbers only grow (MCP, progress): a tool's own begin above what has been told before, and what is
told of the session between them goes on a little from the last.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog

from pointsman.contracts.visible import visible

from ..bounds import PROGRESS_AGAIN_MS, PROGRESS_CHARACTERS, PROGRESS_FIRST_MS, PROGRESS_PER_SECOND
from ..replies import Glimpse, Governed
from .per_second import PerSecond

Report: TypeAlias = Callable[[float, float | None, str], Awaitable[None]]
"""Sends one notification: a number that grows, what it grows to if that is known, and a message."""

_A_LITTLE: Final = 0.001
_LAST_S: Final = 1.0
"""How long a client may take to hear the last of it, before it gets its reply."""

_log: Final = structlog.get_logger(__name__)


@asynccontextmanager
async def progress(governed: Governed, action: str, report: Report | None) -> AsyncGenerator[Telling]:
    """Tell of a call for as long as this is open.

    Args:
        governed: Follows the session.
        action: What was called.
        report: How it is told; None where the client has not asked for it.
    """
    telling = Telling(governed, action, report)
    if report is None:
        yield telling
        return
    told_of = [asyncio.create_task(telling.tell_session()), asyncio.create_task(telling.tell_tool())]
    try:
        yield telling
        await telling.finish(told_of[1])
    finally:
        telling.close()
        for task in told_of:
            task.cancel()
        await asyncio.gather(*told_of, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a tool has said of its progress."""

    done: float
    total: float | None
    message: str


class Telling:
    """What is told of one call. `report` may change while it runs, and with None nobody is told any more."""

    def __init__(self, governed: Governed, action: str, report: Report | None) -> None:
        self.report = report
        self._governed = governed
        self._message = f"{action} …"
        self._action = action
        self._changed = asyncio.Event()
        self._said: asyncio.Queue[_Said | None] = asyncio.Queue()
        self._unsubscribe: Callable[[], None] = _nothing
        self._last = -math.inf
        self._base: float | None = None
        self._rate = PerSecond(PROGRESS_PER_SECOND)

    def begun(self, session: str) -> None:
        """Follow this session, if somebody is told."""
        if self.report is not None:
            self._unsubscribe = self._governed.subscribe(session, self._glimpsed)

    def say(self, done: float, total: float | None, message: str | None) -> None:
        """Hear from the tool how far it is."""
        admitted = self._rate.admit()
        numbers = [done] if total is None else [done, total]
        if self.report is None or not admitted or not all(map(math.isfinite, numbers)):
            return
        words = f": {visible(message[:PROGRESS_CHARACTERS])}" if message else " …"
        self._said.put_nowait(_Said(done, total, self._action + words))

    def close(self) -> None:
        """Follow nothing any more."""
        self._unsubscribe()
        self.report = None

    async def finish(self, telling: asyncio.Task[None]) -> None:
        """Tell what the tool has said last."""
        self._said.put_nowait(None)
        await asyncio.wait({telling}, timeout=_LAST_S)

    async def tell_tool(self) -> None:
        """Tell what the tool says, until nothing more comes."""
        while (said := await self._said.get()) is not None:
            if self._base is None:
                self._base = 0.0 if self._last < 0 else self._last + _A_LITTLE
            number = self._base + said.done
            if number > self._last:
                await self._tell(number, None if said.total is None else self._base + said.total, said.message)

    async def tell_session(self) -> None:
        """Tell for good what is new of the session, at most so often; and again that the call still runs."""
        count = 0
        while True:
            await asyncio.sleep(PROGRESS_FIRST_MS / 1000)
            self._changed.clear()
            count += 1
            await self._tell(count if self._base is None else self._last + _A_LITTLE, None, self._message)
            try:
                async with asyncio.timeout(PROGRESS_AGAIN_MS / 1000):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _tell(self, number: float, total: float | None, message: str) -> None:
        self._last = number
        if self.report is None:
            return
        try:
            await self.report(number, total, message)
        except Exception:  # noqa: BLE001 -- a client that does not hear it is answered all the same
            _log.exception("progress not told", tool=self._action)
            self.report = None

    def _glimpsed(self, glimpse: Glimpse) -> None:
        runs = ", ".join(glimpse.running) or self._action
        self._message = f"In {glimpse.state}: {runs} …"
        self._changed.set()


def _nothing() -> None:
    """Nothing is followed yet."""

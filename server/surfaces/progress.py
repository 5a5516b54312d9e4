"""Tells a client that waits for a reply what its session does meanwhile, if the client asks for progress.

Only the session of the call is told of, and only once the governor has found that the caller may
see it. A call that is answered at once tells nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import structlog

from pointsman.contracts.bounds import PROGRESS_AGAIN_MS, PROGRESS_FIRST_MS

from ..replies import Begun, Glimpse, Governed

Report: TypeAlias = Callable[[float, str], Awaitable[None]]
"""Sends one notification: a number that grows, and a message."""

_log: Final = structlog.get_logger(__name__)


@asynccontextmanager
async def progress(governed: Governed, action: str, report: Report | None) -> AsyncGenerator[Begun]:
    """Tell of a call for as long as this is open; give what is to be told the call's session.

    Args:
        governed: Follows the session.
        action: What was called.
        report: How it is told; None where the client has not asked for it.
    """
    if report is None:
        yield _ignore
        return
    telling = _Telling(governed, action, report)
    task = asyncio.create_task(telling.run(), name=f"progress {action}")
    try:
        yield telling.begun
    finally:
        telling.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Telling:
    def __init__(self, governed: Governed, action: str, report: Report) -> None:
        self._governed = governed
        self._message = f"{action} …"
        self._action = action
        self._report = report
        self._changed = asyncio.Event()
        self._unsubscribe: Callable[[], None] = _nothing

    def begun(self, session: str) -> None:
        """Follow this session."""
        self._unsubscribe = self._governed.subscribe(session, self._glimpsed)

    def close(self) -> None:
        """Follow it no more."""
        self._unsubscribe()

    async def run(self) -> None:
        """Tell for good: what is new, at most so often; and again that the call still runs."""
        number = 0
        while True:
            await asyncio.sleep(PROGRESS_FIRST_MS / 1000)
            self._changed.clear()
            number += 1
            try:
                await self._report(number, self._message)
            except Exception:  # noqa: BLE001 -- a client that does not hear it is answered all the same
                _log.exception("progress not told", tool=self._action)
                return
            try:
                async with asyncio.timeout(PROGRESS_AGAIN_MS / 1000):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _glimpsed(self, glimpse: Glimpse) -> None:
        runs = ", ".join(glimpse.running) or self._action
        self._message = f"In {glimpse.state}: {runs} …"
        self._changed.set()


def _ignore(session: str) -> None:
    del session


def _nothing() -> None:
    """Nothing is followed yet."""

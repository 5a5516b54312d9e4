"""A try of a call while it runs: in a worker thread or in the event loop.

Both kinds answer the one question that matters for a write: can it be taken back for certain?
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol, TypeAlias

from pointsman.contracts.values import Json

Begun: TypeAlias = Callable[[], None]
"""Called by work right before it does what cannot be taken back."""
LateEnd: TypeAlias = Callable[[BaseException | None, Json], None]
"""Told, in the event loop, how a try ended that nobody waited for any more: with this exception, or returning this."""


class Running(Protocol):
    """A try that was handed over to be run."""

    @property
    def end(self) -> asyncio.Future[Json]:
        """Settled when the try ends. Waiting for it in vain does not stop the try."""
        ...

    def withdraw(self) -> bool:
        """Take the try back if it has not begun; True when it is certain that it never will."""
        ...

    def leave(self, late: LateEnd) -> None:
        """Stop waiting, and let it end by itself."""
        ...

    def stop(self) -> None:
        """Give it up. A thread cannot be stopped; nobody waits for it any more."""
        ...


class InThread:
    """A try in a worker thread."""

    def __init__(self, job: Future[Json]) -> None:
        self._job = job
        self.end: asyncio.Future[Json] = asyncio.wrap_future(job)

    def withdraw(self) -> bool:
        return self._job.cancel()

    def leave(self, late: LateEnd) -> None:
        loop = asyncio.get_running_loop()

        def ended(job: Future[Json]) -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody is left to be told
                loop.call_soon_threadsafe(_tell, job, late)

        self._job.add_done_callback(ended)
        self.end.cancel()

    def stop(self) -> None:
        self._job.cancel()
        self.end.cancel()


class InLoop:
    """A try as a task of the event loop. It has begun when its work says so."""

    def __init__(self, work: Callable[[Begun], Awaitable[Json]]) -> None:
        self._begun = False
        self.end: asyncio.Task[Json] = asyncio.create_task(self._run(work))

    def withdraw(self) -> bool:
        if not self._begun:
            self.end.cancel()
        return not self._begun

    def leave(self, late: LateEnd) -> None:
        self.end.add_done_callback(lambda task: _tell(task, late))

    def stop(self) -> None:
        self.end.cancel()

    def _begin(self) -> None:
        self._begun = True

    async def _run(self, work: Callable[[Begun], Awaitable[Json]]) -> Json:
        try:
            return await work(self._begin)
        except (SystemExit, KeyboardInterrupt) as error:
            # A task that raises one of these takes the event loop, and so the server, with it.
            raise ToolExit from error


def _tell(ended: Future[Json] | asyncio.Future[Json], late: LateEnd) -> None:
    if not ended.cancelled():
        error = ended.exception()
        late(error, None if error is not None else ended.result())


class ToolExit(Exception):
    """A tool asked the process to exit."""

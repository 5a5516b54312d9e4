"""Writing down what was turned away, beside the conversation it came in: nobody waits, and a flood is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, TypeAlias

import structlog

Record: TypeAlias = Callable[[], Coroutine[None, None, None]]
"""Writes one thing down."""

WAITING: Final = 100
"""What may wait to be written down; what comes beyond is answered all the same."""

_log = structlog.get_logger(__name__)


class Recording:
    """What is being written down."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken now."""
        return len(self._running) >= WAITING

    def begin(self, record: Record) -> None:
        """Begin to write something down, unless too much is waiting. Never waits."""
        if self.is_full:
            return
        task = asyncio.create_task(_safely(record))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finished(self) -> None:
        """Wait until everything is written down."""
        await asyncio.gather(*self._running)


async def _safely(record: Record) -> None:
    try:
        await record()
    except Exception:  # noqa: BLE001 - whoever was turned away has the answer; the others go on
        _log.exception("not recorded")

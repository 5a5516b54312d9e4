"""Writing down what was turned away, beside the conversation it came in: nobody waits, and a flood is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeAlias

import structlog

from .bounds import UNRECORDED

Record: TypeAlias = Callable[[], Coroutine[None, None, None]]
"""Writes one thing down."""

_log = structlog.get_logger(__name__)


class Recording:
    """What is being written down."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, record: Record) -> None:
        """Begin to write something down, unless too much is waiting. Never waits."""
        if len(self._running) >= UNRECORDED:
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

"""Has messages recorded that could not be read, beside the conversations they came in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Final, TypeAlias

import structlog

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

Record: TypeAlias = "Callable[[Code, str], Coroutine[None, None, None]]"
WAITING: Final = 100
"""Rejected messages that may wait to be recorded; what comes beyond is answered all the same."""

_log = structlog.get_logger(__name__)


class Rejects:
    """Takes what was rejected, and has it recorded once there is somebody who can."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Code, str]] = []
        self._recording: set[asyncio.Task[None]] = set()
        self._record: Record | None = None

    def open(self, record: Record) -> None:
        """Have recorded what has come, and what will come."""
        self._record = record
        for code, message in self._waiting:
            self._begin(record(code, message))
        self._waiting.clear()

    def on_reject(self, code: Code, message: str) -> None:
        """Have a rejected message recorded. Never waits."""
        if len(self._waiting) + len(self._recording) >= WAITING:
            return
        if self._record is None:
            self._waiting.append((code, message))
        else:
            self._begin(self._record(code, message))

    async def recorded(self) -> None:
        """Wait until everything is recorded."""
        await asyncio.gather(*self._recording)

    def _begin(self, recording: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(_safely(recording))
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)


async def _safely(recording: Coroutine[None, None, None]) -> None:
    try:
        await recording
    except Exception:  # noqa: BLE001 - the client has its answer; the conversation goes on
        _log.exception("rejected message not recorded")

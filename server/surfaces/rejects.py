"""Has messages recorded that could not be read, beside the conversations they came in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, TypeAlias

from ..bounds import UNRECORDED
from ..recording import Recording

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

Record: TypeAlias = "Callable[[Code, str], Coroutine[None, None, None]]"


class Rejects:
    """Takes what was rejected, and has it recorded once there is somebody who can."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Code, str]] = []
        self._recording = Recording()
        self._record: Record | None = None

    def open(self, record: Record) -> None:
        """Have recorded what has come, and what will come."""
        self._record = record
        for code, message in self._waiting:
            self.on_reject(code, message)
        self._waiting.clear()

    def on_reject(self, code: Code, message: str) -> None:
        """Have a rejected message recorded. Never waits."""
        record = self._record
        if record is not None:
            self._recording.begin(lambda: record(code, message))
        elif len(self._waiting) < UNRECORDED:
            self._waiting.append((code, message))

    async def recorded(self) -> None:
        """Wait until everything is recorded."""
        await self._recording.finished()

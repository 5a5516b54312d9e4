"""The clock, injected wherever time is read, so that tests and the script runner can own it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class ShiftedClock:
    """The machine's clock, moved forward by whoever owns it."""

    def __init__(self) -> None:
        self._shift_ms = 0

    def advance(self, by_ms: int) -> None:
        """Move on by this many milliseconds."""
        self._shift_ms += by_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch, moved on."""
        return time.time_ns() // 1_000_000 + self._shift_ms

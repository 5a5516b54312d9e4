"""Counting what a downstream does, so that a flood is told from a conversation."""

from __future__ import annotations

from typing import Final

from ..clocks import MonotonicClock

_MINUTE_S: Final = 60.0


class PerMinute:
    """Admits at most `most` in one minute, counted from the first of them."""

    def __init__(self, most: int, clock: MonotonicClock) -> None:
        self._most = most
        self._clock = clock
        self._since_s = clock()
        self._count = 0

    def admit(self) -> bool:
        """Count one more, and say whether it is within the bound."""
        now_s = self._clock()
        if now_s - self._since_s >= _MINUTE_S:
            self._since_s, self._count = now_s, 0
        self._count += 1
        return self._count <= self._most

    @property
    def refused(self) -> int:
        """How many were over the bound in this minute."""
        return max(0, self._count - self._most)

"""A clock that stands until a test sets it."""

from __future__ import annotations

import datetime as dt
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


def moment(text: str) -> int:
    """Give a time in ISO 8601 as milliseconds since the epoch."""
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


class OwnClock:
    """Fills the port `Clock`."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def set(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

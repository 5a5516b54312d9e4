"""What waits and what tells the time. Both are handed in, so that no test has to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""
MonotonicClock: TypeAlias = Callable[[], float]
"""Seconds of a clock that never goes back."""

"""Moments: milliseconds since the epoch inside, ISO 8601 in UTC wherever people and guards read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(moment_ms: int) -> str:
    """Write a moment as `2026-11-22T09:00:00.000Z`."""
    moment = _EPOCH + timedelta(milliseconds=moment_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment_ms % 1000:03d}Z"


def milliseconds(text: str) -> int:
    """Read back what `iso` wrote.

    Raises:
        ValueError: for any other text.
    """
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)

"""Moments that people write to choose from lists: `2026-11-22`, `2026-11-22T09:00:00`, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

MOMENT: Final = (
    r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?)?Z?"
)
"""What they may look like, as a regular expression for the whole."""


def comparable(text: str) -> str | None:
    """Bring a moment into the form of the column `at`, of which any beginning compares right; None if it is none."""
    return text.replace(" ", "T").removesuffix("Z") if _MOMENT.fullmatch(text) else None


def read_moment(text: str) -> int | None:
    """Read a moment as milliseconds since the epoch; None if it is none. The 31st of a short month is in the next."""
    written = comparable(text)
    if written is None:
        return None
    year, month, day = (int(part) for part in written[:10].split("-"))
    midnight = datetime(year, month, 1, tzinfo=UTC) + timedelta(days=day - 1)
    clock = datetime.fromisoformat(f"2000-01-01T{written[11:] or '00:00'}+00:00") - datetime(2000, 1, 1, tzinfo=UTC)
    return (midnight + clock - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


_MOMENT: Final = re.compile(MOMENT, re.ASCII)

"""Moments and spans of time as people read them. The exact ones stand beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def span(seconds: float) -> str:
    """Write a span of time in its greatest unit, and the next one where the first is small: `2 d 4 h`, `35 s`."""
    left = int(abs(seconds))
    for size, unit in _UNITS:
        if left >= size:
            whole, rest = divmod(left, size)
            smaller = next(((s, u) for s, u in _UNITS if s < size), None)
            if smaller is not None and whole < 10 and rest >= smaller[0]:
                return f"{whole} {unit} {rest // smaller[0]} {smaller[1]}"
            return f"{whole} {unit}"
    return f"{left} s"


def moment(at: str, now_ms: int) -> Markup:
    """Write a moment by how far it is from now, with the moment itself beside it for whoever asks.

    Args:
        at: As documents have it, RFC 3339 in UTC.
        now_ms: Milliseconds since the epoch.
    """
    away_s = (read(at) - now_ms) / 1000
    said = "just now" if abs(away_s) < 1 else f"in {span(away_s)}" if away_s > 0 else f"{span(away_s)} ago"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at, exactly(at), said)


def exact(at: str) -> Markup:
    """Write a moment itself, to the second."""
    return Markup('<time datetime="{}">{}</time>').format(at, exactly(at))


def exactly(at: str) -> str:
    """Write a moment in UTC, to the second."""
    return datetime.fromtimestamp(read(at) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def read(at: str) -> int:
    """Read a moment of a document as milliseconds since the epoch."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)

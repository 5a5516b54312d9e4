"""The two spans that are compared, as people write them: `30d`, or `2026-10-01..2026-11-01`."""

from __future__ import annotations

import re
from typing import Final

from pointsman.contracts.times import iso

from ..documents.moments import read_moment
from .counting import Span

_DAYS: Final = re.compile(r"([1-9][0-9]{0,3})d\Z", re.ASCII)
_DAY_MS: Final = 86_400_000


class NoSpan(ValueError):
    """Write a number of days such as `30d`, or two moments such as `2026-10-01..2026-11-01`."""


def window(text: str, now_ms: int) -> Span:
    """Read the window: so many days up to now, or from one moment to a later one.

    Raises:
        NoSpan: it is neither.
    """
    return _until(text, now_ms + 1)


def reference(text: str, before: Span) -> Span:
    """Read the reference: so many days up to where the window begins, or from one moment to another.

    Raises:
        NoSpan: it is neither, or overlaps the window.
    """
    found = _until(text, read_moment(before.since) or 0)
    if found.since < before.until and before.since < found.until:
        raise NoSpan("The reference overlaps the window; nothing is compared with itself.")
    return found


def _until(text: str, end_ms: int) -> Span:
    days = _DAYS.match(text)
    if days is not None:
        return Span(iso(max(0, end_ms - int(days[1]) * _DAY_MS)), iso(end_ms))
    since, dots, until = text.partition("..")
    first, last = read_moment(since), read_moment(until)
    if not dots or first is None or last is None:
        raise NoSpan(NoSpan.__doc__)
    if first >= last:
        ends = "before it begins" if first > last else "where it begins"
        raise NoSpan(f"The span {text} ends {ends}. Write the earlier moment first.")
    return Span(iso(first), iso(last))

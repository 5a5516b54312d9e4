"""The way a session has taken, read off its audit rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pointsman.fsm.session import Because

from ..audit.chain import AuditRow
from ..store.rows import row_as_json
from .picture import Line, Trail

_LINES: Final[dict[Because, Line]] = {
    "next": "chosen",
    "after": "timed",
    "due": "timed",
    "limit": "limited",
    "duration": "limited",
    "failed": "failed",
    "unknown": "unknown",
    "below": "below",
}
"""How the way is drawn by which a state was entered. A start is no way."""


def trail_of(current: str, entered: Iterable[AuditRow]) -> Trail:
    """Give the way of a session that is in `current`, from its rows of kind `entered`."""
    visited: set[str] = set()
    taken: set[tuple[str, str, Line]] = set()
    for row in entered:
        body = row_as_json(row)["body"]
        because = body.get("because") if isinstance(body, dict) else None
        if row.state_after is not None:
            visited.add(row.state_after)
        for known, line in _LINES.items():
            if because == known and row.state_before is not None and row.state_after is not None:
                taken.add((row.state_before, row.state_after, line))
    return Trail(current, frozenset(visited), frozenset(taken))

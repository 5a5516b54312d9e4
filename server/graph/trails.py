"""The way a session has taken, read off its audit rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pointsman.fsm.session import Because

from ..store.searching import StateEntered
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
    "differ": "differ",
}
"""How the way is drawn by which a state was entered. A start is no way."""


def trail_of(current: str, entered: Iterable[StateEntered]) -> Trail:
    """Give the way of a session that is in `current`, from the states it has entered."""
    visited: set[str] = set()
    taken: set[tuple[str, str, Line]] = set()
    for one in entered:
        if one.state is not None:
            visited.add(one.state)
        for known, line in _LINES.items():
            if one.because == known and one.before is not None and one.state is not None:
                taken.add((one.before, one.state, line))
    return Trail(current, frozenset(visited), frozenset(taken))

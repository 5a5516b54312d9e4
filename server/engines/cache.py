"""The sessions an engine keeps in memory, each with the hash of its last row.

The hash is what tells whether one is still current: equal hash, equal history. Shared by the
writer's thread and the event loop; each operation is one step of a dictionary.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from pointsman.fsm.session import Session


class Current(NamedTuple):
    """A committed session, and the hash of its last audit row."""

    session: Session
    head: str


class SessionCache:
    """A bounded number of sessions; the one unused for longest goes first."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._sessions: OrderedDict[str, Current] = OrderedDict()

    def get(self, session_id: str) -> Current | None:
        return self._sessions.get(session_id)

    def put(self, current: Current) -> None:
        self._sessions[current.session.id] = current
        self._sessions.move_to_end(current.session.id)
        while len(self._sessions) > self._entries:
            self._sessions.popitem(last=False)

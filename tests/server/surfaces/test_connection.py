from __future__ import annotations

from typing import Any, cast

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor
from pointsman.server.surfaces.connection import NAMED_SESSIONS, Connection


class NothingHappens:
    """A governor whose sessions never change."""

    def subscribe(self, *_: object) -> object:
        return lambda: None


def test_a_refusal_does_not_grow_with_the_sessions_that_a_client_has_started() -> None:
    """Fault 38: a client that starts sessions without end gets short answers all the same."""
    connection = Connection(cast("Any", NothingHappens()), Actor("agent", "ada"), "mcp", lambda: None)
    for number in range(NAMED_SESSIONS + 5):
        connection.bind(f"session-{number}")
    refusal = connection.session_for(None, "start")
    assert isinstance(refusal, Refusal)
    assert refusal.message.count("session-") == NAMED_SESSIONS
    assert "session-24 and 5 older ones." in refusal.message

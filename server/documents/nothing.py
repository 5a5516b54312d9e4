"""What is answered where something is asked for that is not there."""

from __future__ import annotations

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session


def nothing_to_decide(session: Session) -> Refusal:
    """Say that nothing of a session waits for a person, and where it is."""
    where = f"has ended in {session.state}" if session.ended is not None else f"is in {session.state}"
    return Refusal("NOT_ALLOWED", f"There is nothing to decide. Session {session.id} {where}.")

"""Ending a session by hand: who may, and what stands in the way.

A session ends in the state it is in, once the steps of that state's `exit` have run, whatever comes of them.
"""

from __future__ import annotations

from pointsman.contracts.values import JsonObject

from .commands import Cancel
from .decision import Decision
from .flow import move_by
from .gate import deny, ended, may_drive
from .refusals import Refusal
from .session import Leaving
from .turn import Turn


def cancel(turn: Turn, request: Cancel) -> Decision:
    """End a session where it is. A write that is open is never cut off."""
    arguments: JsonObject = {"reason": request.reason}
    refusal = may_not_administer(turn, "cancel")
    if refusal is None and turn.session.ended is not None:
        refusal = ended(turn.session, turn.session.ended)
    refusal = refusal or being_cancelled(turn, "cancel") or cuts_off(turn, "cancel")
    if refusal is not None:
        return deny(turn, refusal, "cancel", arguments)
    by = turn.command.actor.id if turn.state.exit else None
    move_by(turn, Leaving(turn.session.state, "cancel", reason=request.reason, by=by))
    return turn.answer()


def may_not_administer(turn: Turn, act: str) -> Refusal | None:
    """Refuse whoever is no person, or may not drive the session."""
    actor = turn.command.actor
    if actor.kind == "human" and may_drive(turn.workflow, turn.session, actor):
        return None
    return Refusal("FORBIDDEN", f"Only a person who may drive the session may {act} it.")


def being_cancelled(turn: Turn, act: str) -> Refusal | None:
    """Refuse what comes while a session that was cancelled does what its state does on `exit`."""
    leaving = turn.stay.leaving
    if turn.session.ended is not None or leaving is None or leaving.because != "cancel":
        return None
    return Refusal("IN_PROGRESS", f"{leaving.by} has cancelled the session, and it ends; {act} it when it has ended.")


def cuts_off(turn: Turn, act: str) -> Refusal | None:
    """Refuse what would cut off a write that is open."""
    write = turn.session.open_write
    if write is None:
        return None
    return Refusal("IN_PROGRESS", f"{write.tool} is running; {act} again when its outcome is known.")

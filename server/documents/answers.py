"""What came of a command, and where its session is now."""

from __future__ import annotations

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal, unmet_values
from pointsman.fsm.session import Session

from ..replies import Reply, Stray
from .places import place


def answered(answer: Reply | Stray, session: Session | None, approval: str | None = None) -> JsonObject:
    """Say what came of a command.

    Args:
        answer: What the governor answered.
        session: The session as it is now, if the caller may see one.
        approval: The number of the call that the command has let run, if it has: its outcome is then the command's.
    """
    where = place(session) if session is not None else {}
    if answer.refusal is not None:
        return {**where, "outcome": "refused", "refusal": refused(answer.refusal)}
    return {**where, "outcome": "done" if approval is None else _ended(session, answer, approval)}


def done(session: Session) -> JsonObject:
    """Say that a command was done that moves its session at once."""
    return {**place(session), "outcome": "done"}


def settled(session: Session, number: str, status: str) -> JsonObject:
    """Say that a write of a session was settled."""
    return {**place(session), "id": f"{session.id}.{number}", "status": status}


def refused(refusal: Refusal) -> JsonObject:
    """Give a refusal: code, message, and every demand that is not met."""
    unmet = unmet_values(refusal.unmet)
    return {"code": refusal.code, "message": refusal.message, **({"unmet": [*unmet]} if unmet else {})}


def _ended(session: Session | None, answer: Reply | Stray, call: str) -> str:
    """Say how a call ended: as its session has it, or as was answered where the session has gone elsewhere."""
    approval = session.stay.approvals.get(call) if session is not None else None
    if approval is not None:
        return approval.status
    return answer.outcome if isinstance(answer, Reply) else "refused"

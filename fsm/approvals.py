"""Approvals: calls of a stay that wait for a person, as the session holds them.

Of the session alone: `asking` is the agent's side, `approving` the person's. An approval ends with its
stay; until then it is kept, so that the same call asked again is told from a new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pointsman.contracts.values import JsonObject, canonical, digest
from pointsman.contracts.workflow import Workflow

from .session import ApprovalStatus, OpenApproval, Session, Stay, Timer

_ENDED: Final[dict[str | None, ApprovalStatus]] = {"done": "done", "failed": "failed", "unknown": "unknown"}


def timer_name(stay: int, approval: str) -> str:
    """The name of the timer that lets an approval lapse."""
    return f"{stay}.approval.{approval}"


def shown_digest(approval: OpenApproval) -> str:
    """The digest of what a person is shown, which their decision is bound to. Older facts do not carry it."""
    return approval.shown_digest or digest(_shown(approval))


def bound(session: Session, approval: OpenApproval) -> OpenApproval:
    """Bind what is shown of a call to this stay: a decision is about this very asking, and about no other."""
    where = bound_to(session, session.state, session.stay.number)
    return replace(approval, shown_digest=digest({**where, "approval": approval.id, "call": _shown(approval)}))


def bound_to(session: Session, state: str, stay: int) -> JsonObject:
    """Give what a digest of something shown is made of beside what is shown: then it is of no other session or stay."""
    return {"session": session.id, "started_by": session.started_by, "state": state, "stay": stay}


def definition_digest(workflow: Workflow, tool: str) -> str | None:
    """The digest of what a tool's source says of it, which an approval is bound to; None where it has no such tool."""
    definition = workflow.definitions.get(tool)
    if definition is None:
        return None
    stated: JsonObject = {"description": definition.description, "input_schema": definition.input_schema}
    return digest({**stated, "output_schema": definition.output_schema})


def newest(stay: Stay, tool: str, arguments: JsonObject) -> OpenApproval | None:
    """Give the last approval that was asked for this very call, whatever has become of it."""
    text = canonical(arguments)
    asked = [one for one in stay.approvals.values() if one.tool == tool and canonical(one.arguments) == text]
    return max(asked, key=lambda one: int(one.id), default=None)


def is_pending(approval: OpenApproval, at: int) -> bool:
    """Whether it waits at this moment: one whose time is over does not, even before its timer has fired."""
    return approval.status == "pending" and (approval.expires_at is None or at < approval.expires_at)


def asked(session: Session, approval: OpenApproval) -> Session:
    """The session after a call was put before a person."""
    stay = session.stay
    timers = stay.timers
    if approval.expires_at is not None:
        timers = {**timers, timer_name(stay.number, approval.id): Timer("approval", approval.expires_at)}
    approvals = {**stay.approvals, approval.id: approval}
    return replace(session, stay=replace(stay, timers=timers, approvals=approvals))


def decided(session: Session, approval: str, status: ApprovalStatus, by: str, rationale: str | None) -> Session:
    """The session after a person has decided. Its timer goes."""
    stay = session.stay
    timers = {name: timer for name, timer in stay.timers.items() if name != timer_name(stay.number, approval)}
    stay = _with(stay, replace(stay.approvals[approval], status=status, by=by, rationale=rationale))
    return replace(session, stay=replace(stay, timers=timers))


def lapsed(stay: Stay, timer: str) -> Stay:
    """The stay after the timer of an approval was due."""
    return _with(stay, replace(stay.approvals[timer.rpartition(".")[2]], status="lapsed"))


def settled(stay: Stay, approval: str, outcome: str | None, revision: int) -> Stay:
    """The stay after an approved call has ended, with the fact of this revision."""
    return _with(stay, replace(stay.approvals[approval], status=_ENDED[outcome], settled=revision))


def _shown(approval: OpenApproval) -> JsonObject:
    return {"tool": approval.tool, "arguments": approval.arguments, "definition": approval.definition}


def _with(stay: Stay, approval: OpenApproval) -> Stay:
    return replace(stay, approvals={**stay.approvals, approval.id: approval})

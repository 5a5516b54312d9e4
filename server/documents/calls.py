"""Calls of tools that wait for a person: what a list has of one, and what the person sees.

Such a call is named by the session and a number: `SESSION.N`.
"""

from __future__ import annotations

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.approving import CHANNELS, DECISION, EVENTS
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import OpenApproval, Session

from .claims import claim, claimed_by
from .nothing import nothing_to_decide
from .places import moment


def entry(session: Session, approval: OpenApproval, now_ms: int) -> JsonObject:
    """Give what a list has of a call that waits."""
    return {
        "id": f"{session.id}.{approval.id}",
        "kind": "call",
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "tool": approval.tool,
        "arguments": approval.arguments,
        "role": approval.role,
        "asked_by": approval.asked_by,
        "opened_at": iso(approval.opened_at),
        "age_s": (now_ms - approval.opened_at) // 1000,
        "due": moment(approval.expires_at),
        "shown_digest": shown_digest(approval),
        "claimed_by": claimed_by(approval.holder),
    }


def document(session: Session, workflow: Workflow, number: str, now_ms: int) -> JsonObject | Refusal:
    """Give a call of a session that waits for a person; refused where no call of this number waits."""
    approval = session.stay.approvals.get(number)
    if approval is None:
        return Refusal("NOT_ALLOWED", f"No call waits for the approval {session.id}.{number}.")
    if approval.status != "pending":
        return Refusal("NOT_ALLOWED", _decided(approval))
    state = workflow.states[session.state]
    use = state.tools.get(approval.tool) if isinstance(state, AgentState) else None
    if use is None:
        return nothing_to_decide(session)
    decisions: list[Json] = [{"event": event, "input_schema": DECISION.input_schema} for event in EVENTS]
    return {
        **entry(session, approval, now_ms),
        "claim": claim(approval.holder),
        "version": session.version,
        "revision": session.revision,
        "stay": session.stay.number,
        "started_by": session.started_by,
        "client": session.client,
        "goal": state.goal,
        "effect": workflow.tools[approval.tool].effect,
        "accept": [*sorted(CHANNELS)],
        "exclude": [one.text for one in use.approval.exclude] if use.approval is not None else [],
        "decisions": decisions,
    }


def _decided(approval: OpenApproval) -> str:
    by = "" if approval.by is None else f" by {approval.by}"
    how = "rejected" if approval.status == "rejected" else "lapsed" if approval.by is None else "approved"
    came = f", and is {approval.status}" if how == "approved" and approval.status != how else ""
    return f"There is nothing to decide: this call of {approval.tool} was {how}{by}{came}."

"""Calls that wait for a person: how an agent is told of them, and of what came of them."""

from __future__ import annotations

from pointsman.contracts.times import iso
from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Intended
from pointsman.fsm.session import OpenApproval, Session

from .replies import ApprovalShown


def approvals_shown(workflow: Workflow, session: Session, *, whole: bool) -> tuple[ApprovalShown, ...]:
    """Give the calls of this stay that were put before a person, in the order in which they were asked.

    `whole` asks for all of them with their arguments; otherwise only what waits or runs is told.
    """
    approvals = sorted(session.stay.approvals.values(), key=lambda one: int(one.id))
    return tuple(
        _shown(workflow, session, one, whole=whole)
        for one in approvals
        if whole or one.status in ("pending", "approved")
    )


def asked(decision: Decision) -> bool:
    """Whether a decision has put a call before a person; its refusal then only says that the call waits."""
    return any(isinstance(fact.body, Intended) and fact.body.approval is not None for fact in decision.facts)


def _shown(workflow: Workflow, session: Session, approval: OpenApproval, *, whole: bool) -> ApprovalShown:
    state = workflow.states[session.state]
    use = state.tools.get(approval.tool) if isinstance(state, AgentState) else None
    fixed = use.fixed.names if use is not None else ()
    own = {name: value for name, value in approval.arguments.items() if name not in fixed}
    return ApprovalShown(
        number=f"{session.id}.{approval.id}",
        tool=approval.tool,
        status=approval.status,
        arguments=own if whole else None,
        by=approval.by,
        rationale=approval.rationale,
        due=None if approval.expires_at is None else iso(approval.expires_at),
    )

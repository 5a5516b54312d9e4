"""The person's side of an approval: one call, with exactly the arguments that were shown, once.

What the call rested on when it was asked may have changed, so it is judged again before it runs. If it
does not hold, the decision is refused and the approval goes on waiting.
"""

from __future__ import annotations

from typing import Final

from pointsman.contracts.building.demands import RATIONALE, contract
from pointsman.contracts.values import JsonObject, canonical
from pointsman.contracts.workflow import AgentState, Channel, ToolUse

from .agents import may_be_called, whole
from .approvals import definition_digest, is_pending, shown_digest
from .calls import open_call
from .commands import Decide
from .decision import Decision
from .evidence import Proof, prove
from .facts import Decided
from .gate import contract_refusal, deny, ended
from .people import Deciders, forbidden, held_by_another
from .refusals import Refusal
from .session import OpenApproval
from .turn import Turn

CHANNELS: Final[frozenset[Channel]] = frozenset({"console", "api", "cli"})
"""Where a call of a tool is approved: what is answered inside an agent's own client does not count."""
EVENTS: Final = ("approve", "reject")
DECISION: Final = contract({"rationale": RATIONALE}, ())


def decide_approval(turn: Turn, request: Decide) -> Decision:
    """Judge a person's decision about a call, and open the call if they approve it."""
    name, arguments = request.event, request.arguments
    found = call_to_decide(turn, request.approval or "", request.owns, request.stay)
    if isinstance(found, Refusal):
        return deny(turn, found, name, arguments)
    approval, use, _ = found
    refusal = held_by_another(turn, approval.holder, f"{turn.session.id}.{approval.id}")
    refusal = refusal or _outdated(turn, request, approval) or _unfit(name, arguments)
    if refusal is not None:
        return deny(turn, refusal, name, arguments)
    if name == "approve":
        proof = _still_holds(turn, use, approval, request.fetched)
        if proof.fetch:
            return Decision(turn.session, fetch=proof.fetch)
        if proof.refusal is not None:
            return deny(turn, proof.refusal, name, arguments)
    rationale, actor = arguments.get("rationale"), turn.command.actor
    turn.emit(
        "decided",
        Decided(
            role=approval.role,
            arguments=arguments,
            writes={},
            shown_digest=request.shown_digest,
            stay=turn.stay.number,
            rationale=rationale if isinstance(rationale, str) else None,
            approval=approval.id,
            person=None if actor.accountable == actor.id else actor.accountable,
        ),
        action=name,
        outcome="approved" if name == "approve" else "rejected",
    )
    if name == "approve":
        open_call(turn, approval.tool, approval.arguments, "agent", approval=approval.id)
    return turn.answer()


def call_to_decide(
    turn: Turn, number: str, owns: tuple[str, ...], stay: int
) -> tuple[OpenApproval, ToolUse, Deciders] | Refusal:
    """Give the call that waits in the stay for the approval of this number, or say why this person has none to decide.

    `owns` as in `people.may_not_decide`.
    """
    state = turn.state
    if turn.command.actor.kind != "human":
        return Refusal("FORBIDDEN", "Only a person approves a call.")
    approval = turn.stay.approvals.get(number) if stay == turn.stay.number else None
    use = state.tools.get(approval.tool) if approval is not None and isinstance(state, AgentState) else None
    if approval is None or use is None or use.approval is None:
        return _gone(turn, number)
    deciders = Deciders(
        what=f"{turn.session.id}.{approval.id}",
        role=approval.role,
        accept=CHANNELS,
        exclude=use.approval.exclude,
        scope=turn.scope(args=approval.arguments),
        asked_by=(approval.asked_by, approval.answers_for or approval.asked_by),
    )
    return forbidden(turn, deciders, owns) or (approval, use, deciders)


def no_longer_waits(turn: Turn, approval: OpenApproval) -> Refusal | None:
    """Refuse what is about a call that waits no more."""
    if is_pending(approval, turn.command.at):
        return None
    if approval.by is None:
        return Refusal("STALE", f"The time to approve {approval.tool} is over; the agent may ask again.")
    how = "rejected" if approval.status == "rejected" else "approved"
    return Refusal("STALE", f"{approval.by} has {how} this call of {approval.tool} already.")


def _gone(turn: Turn, number: str) -> Refusal:
    if turn.session.ended is not None:
        return ended(turn.session, turn.session.ended)
    return Refusal("STALE", f"No call waits for the approval {number} any more: the session has moved on since.")


def _outdated(turn: Turn, request: Decide, approval: OpenApproval) -> Refusal | None:
    """Refuse what is about another call than the one that waits, or about one that waits no more."""
    if request.shown_digest != shown_digest(approval):
        return Refusal(
            "STALE", "This decision is about other arguments than those that wait; look at what is shown now."
        )
    return no_longer_waits(turn, approval)


def _unfit(event: str, arguments: JsonObject) -> Refusal | None:
    if event not in EVENTS:
        return Refusal("NOT_ALLOWED", f"{event!r} is no decision about a call. Those are: {', '.join(EVENTS)}.")
    return contract_refusal(DECISION, arguments, f"{event} does not meet its contract")


def _still_holds(turn: Turn, use: ToolUse, approval: OpenApproval, fetched: tuple[str, ...]) -> Proof:
    """Judge the call again as if it were asked now: arguments, evidence, guard, and what stands in its way."""
    demands = turn.workflow.tool_contracts.get((turn.state.name, use.tool))
    if demands is None:
        return Proof(refusal=Refusal("NOT_ALLOWED", f"{use.tool} is not there any more."))
    if use.tool in turn.workflow.quarantined:
        return Proof(refusal=Refusal("TOOL_CHANGED", turn.workflow.quarantined[use.tool]))
    if approval.definition != definition_digest(turn.workflow, use.tool):
        other = f"{use.tool} is defined otherwise now than when this call was asked; the agent may ask again."
        return Proof(refusal=Refusal("TOOL_CHANGED", other))
    asked = {name: value for name, value in approval.arguments.items() if name not in use.fixed.names}
    now = whole(turn, use, demands, asked)
    if isinstance(now, Refusal):
        return Proof(refusal=now)
    if canonical(now) != canonical(approval.arguments):
        changed = f"An argument of {use.tool} that the workflow fixes has another value now; the agent may ask again."
        return Proof(refusal=Refusal("GUARD_FAILED", changed))
    proof = prove(turn, use.tool, use.evidence, {"args": now}, fetched)
    if proof.fetch or proof.refusal is not None:
        return proof
    return Proof(proof.seen, may_be_called(turn, use, now, proof.seen))

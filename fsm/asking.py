"""The agent's side of an approval: a call that is put before a person, and the same call asked again.

Such a call has passed every rule of the gate. It is counted when it is asked, and not again when it runs.
"""

from __future__ import annotations

from pointsman.contracts.bounds import APPROVAL_ARGUMENTS_BYTES, APPROVALS_PER_STAY
from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject, canonical
from pointsman.contracts.workflow import Approval

from .approvals import bound, definition_digest, is_pending, newest
from .decision import Decision
from .effects import repeated
from .facts import Intended
from .gate import deny, deny_in_turn
from .refusals import Refusal
from .session import OpenApproval
from .turn import Turn


def ask(turn: Turn, tool: str, arguments: JsonObject, approval: Approval) -> Decision:
    """Put a call before a person: it waits, and the session goes on."""
    refusal = _too_much(turn, tool, arguments)
    if refusal is not None:
        return deny_in_turn(turn, refusal, tool, arguments)
    at = turn.command.at
    asked = OpenApproval(
        id=str(turn.session.revision + 1),
        tool=tool,
        arguments=arguments,
        role=approval.role,
        asked_by=turn.command.actor.id,
        answers_for=turn.command.actor.accountable,
        opened_at=at,
        expires_at=None if approval.within_ms is None else at + approval.within_ms,
        definition=definition_digest(turn.workflow, tool),
    )
    asked = bound(turn.session, asked)
    turn.emit("intended", Intended(approval=asked), action=tool, outcome="waiting", code="NEEDS_APPROVAL")
    return turn.answer(_waits(turn, asked))


def asked_before(turn: Turn, tool: str, arguments: JsonObject) -> Decision | None:
    """Answer the same call asked again in this stay; None where it must be put before a person anew.

    No limit counts what only asks how it stands: an agent that waits and looks is no agent that fails.
    """
    before = newest(turn.stay, tool, arguments)
    if before is None:
        return None
    if is_pending(before, turn.command.at):
        if before.definition != definition_digest(turn.workflow, tool):
            return None  # nobody can approve that one any more
        return deny(turn, _waits(turn, before), tool, arguments)
    new = turn.workflow.tools[tool].key == "none"  # then what has begun to run is no reason not to begin another
    match before.status:
        case "approved" if not new:
            running = Refusal("IN_PROGRESS", f"{before.by} has approved it, and {tool} is running; ask again.")
            return deny(turn, running, tool, arguments)
        case "rejected":
            why = f": {before.rationale}" if before.rationale else "."
            return deny_in_turn(
                turn, Refusal("FORBIDDEN", f"{before.by} has rejected this call of {tool}{why}"), tool, arguments
            )
        case "done" if before.settled is not None and not new:
            return repeated(turn, tool, arguments, before.settled)
        case _:
            return None


def _waits(turn: Turn, approval: OpenApproval) -> Refusal:
    until = "" if approval.expires_at is None else f", until {iso(approval.expires_at)}"
    return Refusal(
        "NEEDS_APPROVAL",
        f"{approval.tool} with these arguments waits for the approval of a person with the role {approval.role} "
        f"({turn.session.id}.{approval.id}{until}). It runs when they approve it. Go on with what does not need it, "
        "or make the same call again later to learn what came of it.",
    )


def _too_much(turn: Turn, tool: str, arguments: JsonObject) -> Refusal | None:
    if len(canonical(arguments).encode()) > APPROVAL_ARGUMENTS_BYTES:
        most = f"{APPROVAL_ARGUMENTS_BYTES // 1024} KiB"
        return Refusal("TOO_LARGE", f"A person has to read what {tool} is called with: at most {most} of arguments.")
    if len(turn.stay.approvals) >= APPROVALS_PER_STAY:
        return Refusal(
            "LIMIT_REACHED", f"{APPROVALS_PER_STAY} calls have been put before people here. Go on by an event."
        )
    return None

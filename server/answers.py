"""Replies: where a session is now, told to the one who asked.

An agent is told its own arguments, the fields of `show` and a guard's message, never other values.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.allowed import Action, allowed, waiting
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import CallResult, Decided, Settled
from pointsman.fsm.opening import NOBODY
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session, Stay
from pointsman.fsm.votes import votes_so_far

from .approvals import approvals_shown
from .replies import Reply, ReplyOutcome, WaitingFor


def reply(  # noqa: PLR0913 -- a reply has this many members
    workflow: Workflow,
    session: Session,
    outcome: ReplyOutcome,
    *,
    entered: bool,
    result: Json = None,
    refusal: Refusal | None = None,
    repeated: bool = False,
) -> Reply:
    """Tell an agent what came of its call. `entered` says that it has not seen this stay yet."""
    state = workflow.states[session.state]
    context: JsonObject | None = None
    if entered and isinstance(state, AgentState) and state.model is None:
        context = {name: session.record[name] for name in state.show if name in session.record}
    return Reply(
        session=session.id,
        workflow=session.workflow,
        state=session.state,
        revision=session.revision,
        outcome=outcome,
        result=result,
        refusal=refusal,
        repeated=repeated,
        entered=entered,
        goal=state.goal if entered else None,
        forbid=state.forbid if entered else None,
        context=context,
        allowed=actions(workflow, session),
        waiting_for=_waiting_for(session),
        ended=session.ended,
        approvals=approvals_shown(workflow, session, whole=entered),
    )


def actions(workflow: Workflow, session: Session) -> tuple[Action, ...]:
    """What an agent may do now; nothing when it is somebody else's turn."""
    if session.stay.actor != "agent":
        return ()
    return allowed(workflow, session)


def _waiting_for(session: Session) -> WaitingFor | None:
    who = waiting(session)
    if who is None or who.actor == "agent":
        return None
    return WaitingFor(who.actor, who.role, None if who.due_at is None else iso(who.due_at))


def rests(session: Session) -> bool:
    """Whether nothing of the session runs: somebody, or a timer that is not due at once, must act."""
    stay = session.stay
    running = bool(stay.open) or any(timer.kind == "continue" for timer in stay.timers.values())
    return session.ended is not None or not (running or _is_asked(stay))


def holders(session: Session) -> set[str]:
    """Name the server processes that have something of a session open: calls that run, and the turn of a model."""
    found = {call.instance for call in session.stay.open.values()}
    if session.stay.turn is not None:
        found.add(session.stay.turn.instance)
    return found - {NOBODY}


def _is_asked(stay: Stay) -> bool:
    """Whether a model is at work: it answers, or what it wants is done, and no person has to approve that first."""
    if stay.turn is None or stay.turn.instance == NOBODY or stay.actor != "model":
        return False
    return not (stay.turn.answered and any(one.status == "pending" for one in stay.approvals.values()))


def reply_to_call(
    workflow: Workflow, before: Session, session: Session, decision: Decision, result: CallResult
) -> Reply:
    """Tell an agent how the call has ended that it made when the session was as `before`."""
    outcome, value, refusal = _told(decision, result)
    entered = session.stay.number != before.stay.number
    said = reply(workflow, session, outcome, entered=entered, result=value, refusal=refusal)
    return replace(said, content=blocks_of(result.result, result.content))


def _told(decision: Decision, result: CallResult) -> tuple[ReplyOutcome, Json, Refusal | None]:
    """What an agent is told of a call that has ended: outcome, result, and what did not fit the record.

    A call that was done stays done even if its result could not be saved. One that was answered and is
    no success is told with its answer, in clear, as the one who called may see it.
    """
    if result.outcome != "done":
        return result.outcome, {"error": result.error}, None
    settled = ((fact.outcome, fact.code, fact.body.error) for fact in decision.facts if isinstance(fact.body, Settled))
    outcome, code, error = next(settled, ("done", None, None))  # what comes after it are steps of the workflow
    if outcome != "done":
        return "failed" if outcome == "failed" else "unknown", {"error": error, "result": result.result}, None
    if code != "INVALID_FIELDS":
        return "done", result.result, None
    message = f"The call was done, but its result was not saved: {error}."
    return "done", result.result, Refusal("INVALID_FIELDS", message)


def counted(decision: Decision) -> Json:
    """What a person is told whose vote does not decide yet: what has been said so far; None for anything else."""
    voted = any(isinstance(fact.body, Decided) and fact.body.counted for fact in decision.facts)
    return {"votes": votes_so_far(decision.session.stay)} if voted and decision.session is not None else None


def blocks_of(result: Json, content: list[Json] | None) -> tuple[Json, ...]:
    """Give the blocks of MCP content that a tool answered with; none where it answered none.

    They are `content`, or where that is empty, what `result` holds of them.
    """
    if content is None:
        return ()
    held = as_object(result)
    inside = held.get("content", [{"type": "text", "text": held.get("text")}])
    return tuple(content or (inside if isinstance(inside, list) else ()))

"""Letting a session go on from a state: who may, and from where.

A restart is a way round nothing: a person lets a session go on only from a state that it could have come to
without a decision which that person may not take, or may not take alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.contracts.workflow import AgentState, Event, ExternalState, FinalState, HumanState, State, SystemState

from .cancelling import being_cancelled, cuts_off, may_not_administer
from .commands import Restart
from .decision import Decision
from .facts import Administered
from .flow import begin, move
from .gate import deny
from .people import may_not_decide
from .refusals import Refusal
from .stays import session_timers
from .turn import Turn
from .whose_turn import listed


def restart(turn: Turn, request: Restart) -> Decision:
    """Let a session go on from a state, ended or not: with what it holds, and a new budget.

    The state it is in is left by its `exit`, if it was entered. One that got stuck in its own steps is not asked.
    """
    refusal = may_not_administer(turn, "restart") or _no_way_on(turn, request)
    refusal = refusal or being_cancelled(turn, "restart") or cuts_off(turn, "restart")
    if refusal is not None:
        return deny(turn, refusal, "restart", {"state": request.state, "reason": request.reason})
    go_on = move if _is_left_by_exit(turn) else begin
    timers = session_timers(turn.workflow, turn.command.at)
    turn.emit("admin", Administered("restarted", request.reason, timers), action="restart", outcome="done")
    go_on(turn, request.state, "restart")
    return turn.answer()


def _is_left_by_exit(turn: Turn) -> bool:
    stay = turn.stay
    is_stuck = bool(stay.branches) and not stay.open
    return turn.session.ended is None and stay.position.phase != "entry" and not is_stuck


def _no_way_on(turn: Turn, request: Restart) -> Refusal | None:
    """Refuse a state that is none to go on from, for anybody or for this person."""
    target, states = request.state, turn.workflow.states
    if isinstance(states.get(target), FinalState | None):
        going_on = listed(name for name, state in states.items() if not isinstance(state, FinalState))
        return Refusal("NOT_ALLOWED", f"A session cannot go on from {target!r}, only from: {going_on}.")
    reached = _reached(turn, request.owns)
    if target in reached:
        return None
    before = listed(name for name in states if name in reached and not isinstance(states[name], FinalState))
    return Refusal(
        "FORBIDDEN",
        f"{target!r} comes after a decision that {turn.command.actor.id} may not take alone. "
        f"Somebody who may, and may drive the session, can restart there; from these states you can: {before}.",
    )


def _reached(turn: Turn, owns: tuple[str, ...]) -> set[str]:
    """The states that lie before every decision which this person may not take alone."""
    workflow = turn.workflow
    waiting = [workflow.initial, *(limit.then for limit in workflow.limits)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _targets(turn, workflow.states[name], owns)
    return reached


def _targets(turn: Turn, state: State, owns: tuple[str, ...]) -> Iterator[str]:
    """Where a state leads to; a review that is another's to decide leads nowhere, not by waiting either."""
    if isinstance(state, HumanState):
        if may_not_decide(turn, state, owns) is not None:
            return
        yield from _of_events(event for event in state.events.values() if event.approvals == 1)
        yield from [state.review.due.then] if state.review.due is not None else []
    elif isinstance(state, AgentState | ExternalState):
        yield from _of_events(iter(state.events.values()))
        if isinstance(state, AgentState) and state.agree is not None:
            yield state.agree.differ
    elif isinstance(state, SystemState):
        yield from (entry.to for entry in state.next)
    yield from (after.to for after in state.after)
    yield from (limit.then for limit in state.limits)
    yield from (target for target in (state.failed, state.unknown) if target is not None)


def _of_events(events: Iterator[Event]) -> Iterator[str]:
    for event in events:
        yield from (entry.to for entry in event.next)
        yield from [event.floors.below] if event.floors is not None else []

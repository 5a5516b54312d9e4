"""Run to completion: entering states, running their steps, taking transitions nobody has to ask for.

After every command the session rests: calls are open, or an agent, a person, the outside or a
timer must act, or it has ended. All of that is found here, in one loop; there is no other way from
one state to the next than `enter`.
"""

from __future__ import annotations

from pointsman.contracts.bounds import STATES_PER_COMMAND
from pointsman.contracts.workflow import FinalState, SystemState

from .facts import Because, Entered
from .session import Timer
from .stays import first_position, open_review, timers_of, turn_of
from .steps import open_step
from .turn import Turn, UndecidableError, choose


def move(turn: Turn, target: str, because: Because, *, limit: str | None = None) -> None:
    """Enter a state and go on until the session rests."""
    enter(turn, target, because, limit=limit)
    advance(turn)


def enter(turn: Turn, target: str, because: Because, *, limit: str | None = None, error: str | None = None) -> None:
    """Enter a state, or the one that the limit on states entered prescribes instead.

    `limit` names the limit of the whole session that is spent by this move, `error` says which guard
    could not be judged.
    """
    for index, rule in enumerate(turn.workflow.limits):
        name = f"steps.{index}"
        if rule.kind == "steps" and turn.session.counts.steps >= rule.amount and name not in turn.session.spent:
            target, because, limit = rule.then, "limit", name
            break
    state = turn.workflow.states[target]
    number = turn.stay.number + 1
    turn.states_entered += 1
    position = first_position(state)
    timers = timers_of(state, number, turn.command.at)
    final = state if isinstance(state, FinalState) else None
    if turn.states_entered > STATES_PER_COMMAND and final is None:
        timers[f"{number}.continue"] = Timer("continue", turn.command.at)
    turn.emit(
        "entered",
        Entered(
            actor=turn_of(state),
            because=because,
            position=position,
            timers=timers,
            review=open_review(state, position, turn.session.record, {}, timers, turn.command.at),
            limit=limit,
            error=error,
            ending=final.outcome if final else None,
            owner=final.owner if final else None,
        ),
        state_after=target,
    )


def advance(turn: Turn) -> None:
    """Go on until the session rests, or yields after many states to a timer that is due at once."""
    while not turn.session.ended and not turn.stay.open and turn.states_entered <= STATES_PER_COMMAND:
        state = turn.state
        if turn.stay.branches:
            in_doubt = "unknown" in turn.stay.branches.values()
            goes_on = _leave(turn, state.unknown if in_doubt else state.failed, "unknown" if in_doubt else "failed")
        elif turn.stay.position.phase != "ready":
            open_step(turn, state)
            goes_on = True
        else:
            goes_on = isinstance(state, SystemState) and _take_next(turn, state)
        if not goes_on:
            return


def _take_next(turn: Turn, state: SystemState) -> bool:
    """Leave a system state whose steps are done; False where it rests until a timer."""
    try:
        target = choose(state.next, turn.scope())
    except UndecidableError as undecidable:
        return _leave(turn, state.failed, "failed", error=str(undecidable))
    return _leave(turn, target, "next")


def _leave(turn: Turn, target: str | None, because: Because, *, error: str | None = None) -> bool:
    """Enter the next state; False where there is none, and the session rests until a timer."""
    if target is not None:
        enter(turn, target, because, error=error)
    return target is not None

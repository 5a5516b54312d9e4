"""Run to completion: entering states, running their steps, taking transitions nobody has to ask for.

After every command the session rests: calls are open, or an agent, a person, the outside or a
timer must act, or it has ended. All of that is found here, in one loop; there is no other way from
one state to the next than `leave`, which runs what a state does on its `exit` first. A session that is
cancelled is left in the same way, and ends there.
"""

from __future__ import annotations

from typing import Final

from pointsman.contracts.bounds import STATES_PER_COMMAND
from pointsman.contracts.workflow import AgentState, FinalState, Model, State, SystemState

from .facts import Administered, Entered, Intended
from .opening import next_turn
from .session import Because, Leaving, Timer
from .spent_limit import SpentLimit
from .stays import first_position, open_review, timers_of, turn_of
from .steps import open_step
from .turn import Turn, UndecidableError, choose

ACTION: Final = "model"
"""The action of facts about turns of models."""
_KEPT: Final = frozenset({"limit", "duration", "below", "differ", "restart", "cancel"})
"""Reasons to leave that no failing `exit` step takes the place of."""


def move(turn: Turn, target: str, because: Because) -> None:
    """Leave the state, and go on until the session rests."""
    move_by(turn, Leaving(target, because))


def move_by(turn: Turn, leaving: Leaving) -> None:
    """Leave the state in this way, and go on until the session rests."""
    leave(turn, leaving)
    advance(turn)


def leave(turn: Turn, leaving: Leaving) -> None:
    """Enter the next state at once, or begin the `exit` steps that come before it.

    While they run, another way to leave by takes the place of the first; they are run once.
    """
    if turn.state.exit:
        turn.emit("intended", Intended(leaving=leaving), action="cancel" if leaving.because == "cancel" else "exit")
    else:
        _arrive(turn, leaving)


def begin(turn: Turn, target: str, because: Because) -> None:
    """Enter a state without leaving one: the workflow's first, or the one that a restarted session goes on from."""
    _enter(turn, Leaving(target, because))
    advance(turn)


def _arrive(turn: Turn, leaving: Leaving) -> None:
    """Enter the next state; or, of a session that is cancelled, end it where it is."""
    if leaving.because == "cancel":
        cancelled = Administered("cancelled", leaving.reason or "", by=leaving.by)
        turn.emit("admin", cancelled, action="cancel", outcome="done")
    else:
        _enter(turn, leaving)


def _enter(turn: Turn, leaving: Leaving) -> None:
    """Enter a state, or the one that the limit on states entered prescribes instead."""
    for index, rule in enumerate(turn.workflow.limits):
        name = f"steps.{index}"
        steps = turn.session.counts.steps
        if rule.kind == "steps" and steps >= rule.amount and name not in turn.session.spent:
            spent = SpentLimit("steps", rule.amount, steps)
            leaving = Leaving(rule.then, "limit", name, error=leaving.error, spent=spent)
            break
    state = turn.workflow.states[leaving.target]
    number = turn.stay.number + 1
    turn.states_entered += 1
    position = first_position(state)
    timers = timers_of(state, number, turn.command.at)
    final = state if isinstance(state, FinalState) else None
    if turn.states_entered > STATES_PER_COMMAND and final is None:
        timers[f"{number}.continue"] = Timer("continue", turn.command.at)
    review = open_review(
        turn.session,
        state,
        position,
        stay=number,
        shown={},
        timers=timers,
        at=turn.command.at,
        exception=leaving.exception,
        readings=leaving.readings,
    )
    turn.emit(
        "entered",
        Entered(
            actor=turn_of(state),
            because=leaving.because,
            position=position,
            timers=timers,
            review=review,
            limit=leaving.limit,
            error=leaving.error,
            ending=final.outcome if final else None,
            owner=final.owner if final else None,
            exception=leaving.exception if review is None else None,
            readings=leaving.readings if review is None else None,
            spent=leaving.spent,
        ),
        state_after=leaving.target,
    )


def advance(turn: Turn) -> None:
    """Go on until the session rests, or yields after many states to a timer that is due at once."""
    while not turn.session.ended and not turn.stay.open and turn.states_entered <= STATES_PER_COMMAND:
        state, position, leaving = turn.state, turn.stay.position, turn.stay.leaving
        goes_on = True
        if turn.stay.branches:
            goes_on = _go_where_failures_lead(turn, state)
        elif leaving is not None and position.index >= len(state.exit):
            _arrive(turn, leaving)
        elif position.phase != "ready":
            open_step(turn, state)
        elif isinstance(state, AgentState) and state.model is not None:
            goes_on = turn.stay.turn is None and _ask(turn, state.model)
        else:
            goes_on = isinstance(state, SystemState) and _take_next(turn, state)
        if not goes_on:
            return


def _go_where_failures_lead(turn: Turn, state: State) -> bool:
    """Leave a state in which a step has failed, or nobody knows how one ended; False where it rests until a timer.

    Steps of `exit` are not begun again: after one that failed the session goes on without the others, and
    where a limit, the session's time, a confidence floor or a person sends it there, it goes there all the same.
    """
    because: Because = "unknown" if "unknown" in turn.stay.branches.values() else "failed"
    target = state.unknown if because == "unknown" else state.failed
    if turn.stay.leaving is not None:
        leaving = turn.stay.leaving
        _arrive(turn, leaving if target is None or leaving.because in _KEPT else Leaving(target, because))
        return True
    return _go(turn, target, because)


def _ask(turn: Turn, model: Model) -> bool:
    """Ask the model whose state this is for the first time; True where the state is left instead."""
    following = next_turn(turn, model)
    if isinstance(following, Leaving):
        leave(turn, following)
        return True
    turn.emit("intended", Intended(turn=following), action=ACTION)  # no write is open here, and `failed` is there
    return False


def _take_next(turn: Turn, state: SystemState) -> bool:
    """Leave a system state whose steps are done; False where it rests until a timer."""
    try:
        target = choose(state.next, turn.scope())
    except UndecidableError as undecidable:
        return _go(turn, state.failed, "failed", error=str(undecidable))
    return _go(turn, target, "next")


def _go(turn: Turn, target: str | None, because: Because, *, error: str | None = None) -> bool:
    """Leave for the next state; False where there is none, and the session rests until a timer."""
    if target is not None:
        leave(turn, Leaving(target, because, error=error))
    return target is not None

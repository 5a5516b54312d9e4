"""The order of things within a stay: its steps, where they begin and end, its timers and its review."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from pointsman.contracts.values import Json, JsonObject, digest
from pointsman.contracts.workflow import (
    AgentState,
    Agree,
    AllStep,
    CallStep,
    ExternalState,
    FinalState,
    HumanState,
    SecondCall,
    SetStep,
    State,
    Step,
    SystemState,
    Workflow,
)

from .approvals import bound_to
from .exception_package import ExceptionPackage
from .reading import Readings, readings_value
from .session import OpenReview, Phase, Position, Session, Timer, TurnOf

_EXCEPTION: Final = TypeAdapter(ExceptionPackage)
_NEXT_PHASE: Final[dict[Phase, Phase]] = {"entry": "run", "run": "show", "show": "ready"}


def turn_of(state: State) -> TurnOf:
    """Who acts in a state once its steps are done."""
    match state:
        case AgentState():
            return "agent" if state.model is None else "model"
        case HumanState():
            return "human"
        case ExternalState():
            return "external"
        case FinalState():
            return "final"
        case _:
            return "system"


def steps_of(state: State, phase: Phase) -> tuple[Step, ...]:
    """The steps of one list. The calls of a review's `show` are one step that makes them all; a tool that reads a
    second time is one, too.
    """
    match phase, state:
        case "entry", _:
            return state.entry
        case "exit", _:
            return state.exit
        case "run", SystemState():
            return state.run
        case "second", AgentState(agree=Agree(second=SecondCall() as second)):
            return (second.step,)
        case "show", HumanState():
            calls = tuple(item for item in state.review.show if isinstance(item, CallStep))
            return (AllStep(calls),) if calls else ()
        case _:
            return ()


def branches_at(state: State, position: Position) -> tuple[CallStep | SetStep, ...]:
    """What runs at the same time at this position."""
    step = steps_of(state, position.phase)[position.index]
    return step.steps if isinstance(step, AllStep) else (step,)


def first_position(state: State) -> Position:
    """Where a stay begins: at the first step there is, or ready."""
    return _over_the_ends(state, Position("entry"))


def position_after(state: State, position: Position) -> Position:
    """The step after this one. Behind the last step of `exit`, and behind a second reading, there is nothing more."""
    following = Position(position.phase, position.index + 1)
    return following if position.phase in ("exit", "second") else _over_the_ends(state, following)


def _over_the_ends(state: State, position: Position) -> Position:
    while position.phase != "ready" and position.index >= len(steps_of(state, position.phase)):
        position = Position(_NEXT_PHASE[position.phase])
    return position


def session_timers(workflow: Workflow, at: int) -> dict[str, Timer]:
    """The timers of a whole session that begins, or begins anew, now."""
    return {
        f"0.duration.{i}": Timer("duration", at + int(rule.amount), rule.then, i)
        for i, rule in enumerate(workflow.limits)
        if rule.kind == "duration"
    }


def timers_of(state: State, number: int, at: int) -> dict[str, Timer]:
    """The timers of the stay with this number that begins now, by identifiers no other stay has."""
    timers = {
        f"{number}.after.{i}": Timer("after", at + after.in_ms, after.to, i) for i, after in enumerate(state.after)
    }
    for i, rule in enumerate(state.limits):
        if rule.kind == "duration":
            timers[f"{number}.duration.{i}"] = Timer("duration", at + int(rule.amount), rule.then, i)
    if isinstance(state, HumanState) and state.review.due is not None:
        due = state.review.due
        timers[f"{number}.due"] = Timer("due", at + due.in_ms, due.then)
        if due.remind_ms is not None:
            timers[f"{number}.remind"] = Timer("remind", at + due.remind_ms)
    return timers


def open_review(  # noqa: PLR0913 -- where it opens, when, and what it shows
    session: Session,
    state: State,
    position: Position,
    *,
    stay: int,
    shown: JsonObject,
    timers: dict[str, Timer],
    at: int,
    exception: ExceptionPackage | None,
    readings: Readings | None,
) -> OpenReview | None:
    """Freeze what a reviewer sees in the stay of this number; None where it is not yet, or nobody's, to review.

    `session` is as it is when the review opens, with what the last step wrote; `shown` holds what the calls of
    `show` gave. A field that is not set is left out. What is shown of an `exception`, and of two `readings` that
    differ, is part of the digest.
    """
    if position.phase != "ready" or not isinstance(state, HumanState):
        return None
    content: dict[str, Json] = {}
    for item in state.review.show:
        if isinstance(item, CallStep):
            name = show_name(item)
            content[name] = shown[name]
        elif item in session.record:
            content[item] = session.record[item]
    bound = {**bound_to(session, state.name, stay), "shown": content}
    if exception is not None:
        bound["exception"] = _EXCEPTION.dump_python(exception)
    if readings is not None:
        bound["readings"] = readings_value(readings)
    return OpenReview(
        role=state.review.role,
        shown=content,
        shown_digest=digest(bound),
        opened_at=at,
        due_at=next((timer.at for timer in timers.values() if timer.kind == "due"), None),
        exception=exception,
        readings=readings,
    )


def show_name(step: CallStep) -> str:
    """The name a review shows a call's result under."""
    return step.shown_as or step.tool

"""The server's own steps: opening them, and what their ends do to the record and the stay.

A step's branches are prepared on one view of the record. Calls become open entries of the session;
`set`, and a call whose arguments cannot be made, end at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, Agree, CallStep, SecondCall, SetStep, State

from .calls import indexed_at_end, open_call, voided
from .effects import in_the_way
from .facts import CallResult, Settled
from .refusals import Refusal, unmet_values
from .scope import SessionScope
from .session import CallOutcome, OpenCall, OpenReview, Position, shown_value
from .stays import branches_at, open_review, position_after, show_name
from .turn import Turn


@dataclass(frozen=True, slots=True)
class Writes:
    """Values for record fields, or why they cannot be written. `reading` is what a second reading has given."""

    values: JsonObject
    unmet: tuple[Unmet, ...] = ()
    error: str | None = None
    reading: JsonObject | None = None


def evaluate_writes(turn: Turn, step: CallStep | SetStep, scope: SessionScope) -> Writes:
    """Evaluate what a step writes, and hold each value to its field's schema."""
    save = step if isinstance(step, SetStep) else step.save
    if save is None:
        return Writes({})
    values: dict[str, Json] = {}
    unmet: list[Unmet] = []
    try:
        for name, expression in save.fields.items():
            values[name] = expression.evaluate(scope)
            unmet += turn.workflow.record[name].schema.unmet(values[name], name)
    except EvaluationError as error:
        return Writes({}, error=str(error))
    return (
        Writes({}, tuple(unmet), f"what is saved does not fit the record: {unmet[0].path}") if unmet else Writes(values)
    )


def open_step(turn: Turn, state: State) -> None:
    """Open every branch of the step the stay has come to, and end those that end at once."""
    position = turn.stay.position
    branches = branches_at(state, position)
    scope = turn.scope()
    ended: list[tuple[int, CallResult, Writes]] = []
    for index, step in enumerate(branches):
        if isinstance(step, SetStep):
            ended.append((index, CallResult("done"), evaluate_writes(turn, step, scope)))
            continue
        try:
            arguments = step.arguments.render(scope)
        except EvaluationError as error:
            ended.append((index, CallResult("failed", error=str(error), attempts=0), Writes({})))
            continue
        refusal = in_the_way(turn, step.tool, arguments)
        if refusal is not None:
            ended.append((index, _refused(refusal), Writes({})))
            continue
        open_call(turn, step.tool, arguments, "show" if position.phase == "show" else "step", branch=index)
    for index, result, writes in ended:
        end_branch(turn, state, index, result, writes, None)


def _refused(refusal: Refusal) -> CallResult:
    """How a step ends whose write the ledger stands in the way of."""
    outcome: CallOutcome = "unknown" if refusal.code == "OUTCOME_UNKNOWN" else "failed"
    return CallResult(outcome, error=f"{refusal.code}: {refusal.message}", attempts=0)


def end_branch(turn: Turn, state: State, index: int, result: CallResult, writes: Writes, call: OpenCall | None) -> None:
    """Settle one branch of the current step; the last one moves the stay on, or leaves it failed.

    `call` is None for a branch that never ran.
    """
    position = turn.stay.position
    branches = branches_at(state, position)
    step = branches[index]
    tool = step.tool if isinstance(step, CallStep) else None
    shown_as = show_name(step) if isinstance(step, CallStep) and position.phase == "show" else None
    error = result.error or writes.error
    outcome = result.outcome if writes.error is None else "failed"
    if shown_as is not None:
        outcome = "done"  # a reviewer sees that it could not be had; the review opens all the same
    outcomes = [*turn.stay.branches.values(), outcome]
    after = review = None
    if len(outcomes) == len(branches) and all(each == "done" for each in outcomes):
        own: JsonObject = {} if shown_as is None else {shown_as: shown_value(result.result, error)}
        after = position_after(state, position)
        review = _review_after(turn, state, after, writes, own)
    turn.emit(
        "settled",
        Settled(
            call=call.id if call else None,
            tool=tool,
            purpose="show" if position.phase == "show" else "step",
            stay=turn.stay.number,
            result=result.result,
            error=error,
            attempts=result.attempts,
            branch=index,
            step=outcome,
            shown_as=shown_as,
            remember=tool in turn.workflow.remembered,
            writes=writes.values,
            unmet=unmet_values(writes.unmet),
            position=after,
            review=review,
            indexed=indexed_at_end(turn, call, result) if call else [],
            voids=voided(turn, call) if call else [],
            content=result.content,
            asked=result.asked,
            doubt=result.doubt,
            reconciled=result.reconciled,
            unanswered=result.outcome == "unknown" and result.unanswered,
            reading=writes.reading,
        ),
        action=tool or "set",
        outcome=result.outcome if tool else outcome,
        code="INVALID_FIELDS" if writes.error else None,
        duration_ms=result.duration_ms if call else None,
    )


def _review_after(turn: Turn, state: State, after: Position, writes: Writes, shown: JsonObject) -> OpenReview | None:
    """Open the review that the last branch of a step leads to, if it does; `shown` is what that branch has given."""
    stay = turn.stay
    return open_review(
        turn.session_with(writes.values),
        state,
        after,
        stay=stay.number,
        shown={**stay.shown, **shown},
        timers=stay.timers,
        at=turn.command.at,
        exception=stay.exception,
        readings=stay.readings,
    )


def settle_step(turn: Turn, state: State, call: OpenCall, result: CallResult) -> None:
    """Settle a step's call that ran: save what it gave, and end its branch."""
    step = branches_at(state, turn.stay.position)[call.branch]
    writes = Writes({})
    if result.outcome == "done":
        scope = turn.scope(args=call.arguments, result=result.result)
        writes = evaluate_writes(turn, step, scope)
        if isinstance(state, AgentState) and state.agree is not None and turn.stay.position.phase == "second":
            writes = replace(writes, reading=_read(state.agree, scope))
    end_branch(turn, state, call.branch, result, writes, call)


def _read(agree: Agree, scope: SessionScope) -> JsonObject:
    """Give what a tool has read; a field that its result does not have is left out."""
    values: dict[str, Json] = {}
    for name, expression in agree.second.fields.items() if isinstance(agree.second, SecondCall) else ():
        try:
            values[name] = expression.evaluate(scope)
        except EvaluationError:
            continue
    return values

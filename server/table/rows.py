"""The rows of a transition table: every move of a workflow in words. Pure.

Texts of the file are not trusted: what hides or steers is made visible here, and whoever writes
rows into a format escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from pointsman.contracts.expressions import Expression
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import (
    RESERVED_NAMES,
    AgentState,
    Approval,
    Condition,
    Event,
    ExternalState,
    Floors,
    HumanState,
    Limit,
    Review,
    State,
    SystemState,
    Workflow,
)

from ..graph.picture import LINES as LINE_OF
from ..graph.picture import Kind, Line, kind_of
from ..moves import Move, moves_of
from .actions import evidence_words, leaving, retry_rule, tools_of, work_in
from .words import condition_words, counted, duration_words, in_words, listed

COLUMNS: Final = ("Current state", "Event", "Condition", "Next state", "Action", "Retry rule", "Human review")


class Sentence(NamedTuple):
    """A condition in words, and the exact CEL it stands for, where it stands for some."""

    words: str
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Sentences: what all moves of the state have in common, and what is this move's own."""

    common: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def whole(self) -> tuple[str, ...]:
        """All of it."""
        return (*self.common, *self.own)


@dataclass(frozen=True, slots=True)
class Row:
    """A move in words.

    `kind` and `next_kind` are those of the two states (`kind` is None for what happens in any
    state), `line` is how a picture draws the move. `first` says that no row before it is of the same
    state.
    """

    state: str
    kind: Kind | None
    event: str
    line: Line
    condition: tuple[Sentence, ...]
    next: str
    next_kind: Kind
    action: Cell
    retry: Cell
    review: Cell
    first: bool


def rows_of(workflow: Workflow) -> Iterator[Row]:
    """Give a row for every move, in the order of the file; those of the whole session's limits are the last."""
    before: str | None = None
    for move in moves_of(workflow):
        state = workflow.states.get(move.source)
        target = workflow.states[move.target]
        yield Row(
            state=move.source,
            kind=None if state is None else kind_of(state),
            event=visible(_event(move, state)),
            line=LINE_OF[move.cause],
            condition=tuple(_conditions(workflow, move, state)) or (Sentence("always"),),
            next=move.target,
            next_kind=kind_of(target),
            action=_action(workflow, move, state),
            retry=_retry(workflow, state),
            review=_review(move, state, target),
            first=move.source != before,
        )
        before = move.source


def _shown(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(visible(sentence) for sentence in sentences)


def _event(move: Move, state: State | None) -> str:
    match move.cause:
        case "event" | "below" if move.event is not None:
            how = {"event": "", "below": ", not confident enough"}[move.cause]
            return f"{move.event.name} ({_sender(state)}){how}"
        case "after":
            return f"timer: {duration_words(move.in_ms or 0)} after entering"
        case "due":
            return f"due: not decided {duration_words(move.in_ms or 0)} after it opened"
        case "limit" if move.limit is not None:
            whose = "limit of the whole session" if state is None else "limit"
            return f"{whose}: {limit_words(move.limit)}"
        case "failed":
            return "a step has failed"
        case "unknown":
            return "nobody knows whether a write has happened"
        case "differ":
            return "two readings differ"
        case _:
            works = isinstance(state, SystemState) and (state.run or state.entry)
            return "the server's work is done" if works else "at once"


def _sender(state: State | None) -> str:
    match state:
        case HumanState():
            return state.review.role
        case ExternalState():
            return "from outside"
        case AgentState(model=None):
            return "agent"
        case _:
            return "model"


def limit_words(limit: Limit) -> str:
    """Say what exceeds a limit."""
    amount = limit.amount
    match limit.kind:
        case "calls":
            return f"more than {counted(amount, 'call')} asked for"
        case "denials":
            return f"more than {counted(amount, 'refusal')} in a row"
        case "invalid":
            return f"more than {counted(amount, 'invalid payload')} in a row"
        case "steps":
            return f"more than {counted(amount, 'state')} entered"
        case "duration":
            return f"longer than {duration_words(amount)}"
        case "cost":
            return f"costs ${amount:g} or more"
        case "tokens":
            return f"models have read and written {counted(amount, 'token')} or more"


def _conditions(workflow: Workflow, move: Move, state: State | None) -> Iterator[Sentence]:
    event = move.event
    if event is not None and move.cause == "event":
        yield from (Sentence(visible(words)) for words in _contract(workflow, event))
        if event.when is not None:
            yield _guarded(event.when)
    if move.when is not None:
        yield _guarded(move.when)
    if move.otherwise:
        yield Sentence("otherwise")
    if event is not None and event.floors is not None:
        yield from _confidence(event.floors, move, workflow.states[move.target])
    if move.cause in ("after", "due", "limit"):
        yield Sentence("no write is running")
    if move.cause == "failed":
        guarded = isinstance(state, SystemState) and any(entry.when is not None for entry in state.next)
        yield Sentence(f"after its last try{', or if a condition cannot be judged' if guarded else ''}")
    if move.cause == "differ" and isinstance(state, AgentState) and state.agree is not None:
        yield Sentence(f"in {listed(state.agree.fields, 'or')}, and the next state would be none a person decides")
    if move.cause == "unknown":
        yield Sentence("it is neither confirmed nor refuted")


def _guarded(condition: Condition) -> Sentence:
    told = f" (else told: {condition.message})" if condition.message else ""
    exact = " ".join(condition.guard.text.split())
    return Sentence(visible(f"{condition_words(exact)}{told}"), visible(exact))


def _confidence(floors: Floors, move: Move, target: State) -> Iterator[Sentence]:
    if move.cause == "below":
        path = f", or below {floors.path_floor:g} along the path" if floors.path_floor else ""
        yield Sentence(f"confidence below {floors.floor:g}{path}, and the next state would be none a person decides")
    elif not isinstance(target, HumanState):
        path = f", and at least {floors.path_floor:g} along the path" if floors.path_floor else ""
        yield Sentence(f"confidence at least {floors.floor:g}{path}")


def _contract(workflow: Workflow, event: Event) -> Iterator[str]:
    """What an event must bring, and what must have happened before it."""
    schema = event.contract.input_schema
    required, properties = schema.get("required"), schema.get("properties")
    must = [str(name) for name in required] if isinstance(required, list) else []
    may = [name for name in properties if name not in must] if isinstance(properties, dict) else []
    own = [name for name in must if name not in RESERVED_NAMES]
    optional = [name for name in may if name not in RESERVED_NAMES]
    if own:
        yield f"gives {listed(own)}"
    if optional:
        yield f"may give {listed(optional)}"
    for one in event.evidence:
        yield evidence_words(workflow, one)


def _action(workflow: Workflow, move: Move, state: State | None) -> Cell:
    if state is None:
        return Cell(own=("the server moves the session",))
    own: list[str] = []
    if move.event is not None and move.event.fields:
        own.append(f"{move.event.name} saves {listed(move.event.fields)}")
    if move.cause in ("after", "due", "limit"):
        own.append("the server moves the session")
    return Cell(_shown([*work_in(workflow, state), *leaving(workflow, state)]), _shown(own))


def _retry(workflow: Workflow, state: State | None) -> Cell:
    if state is None:
        return Cell()
    return Cell(_shown(retry_rule(policy) for policy in tools_of(workflow, state)))


def _review(move: Move, state: State | None, target: State) -> Cell:
    common: list[str] = []
    own: list[str] = []
    if isinstance(state, HumanState):
        common += review_words(state.review)
    if isinstance(state, AgentState):
        approvals = [(use.tool, use.approval) for use in state.tools.values() if use.approval is not None]
        common += [f"each call of {tool} is {_approval(approval)}" for tool, approval in approvals]
    if move.event is not None and move.event.approvals > 1:
        own.append(f"{move.event.name} needs {move.event.approvals} different persons who give the same")
    if isinstance(target, HumanState) and target is not state:
        own.append(f"next, {target.review.role} decides")
    return Cell(_shown(common), _shown(own))


def review_words(review: Review) -> Iterator[str]:
    """Say who decides a review, who may not, by when and how."""
    yield f"decided by {review.role}{_excluding(review.exclude)}"
    yield "rationale required" if review.rationale_required else "rationale optional"
    if review.due is not None:
        remind = f", reminder after {duration_words(review.due.remind_ms)}" if review.due.remind_ms else ""
        yield f"due in {duration_words(review.due.in_ms)}{remind}, then {review.due.then}"
    yield f"through {listed(sorted(review.accept), 'or')}"


def _approval(approval: Approval) -> str:
    within = f" within {duration_words(approval.within_ms)}" if approval.within_ms is not None else ""
    return f"approved by {approval.role}{within}, for exactly these arguments and once{_excluding(approval.exclude)}"


def _excluding(excluded: tuple[Expression, ...]) -> str:
    who = [in_words(one.text) if one.program is not None else str(one.literal) for one in excluded]
    return f", but not {listed(who, 'nor')}" if who else ""

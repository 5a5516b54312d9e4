"""What each state of a workflow demands and lets happen, as its page says it: the rows of its table, by state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import AgentState, ExternalState, FinalState, HumanState, State, Workflow

from ..graph.picture import Kind, kind_of
from ..moves import ANYWHERE
from ..table.about import End, ends_of
from ..table.rows import Row, rows_of


@dataclass(frozen=True, slots=True)
class EventContract:
    """What an event must bring, as its schema."""

    event: str
    description: str | None
    schema: JsonObject


@dataclass(frozen=True, slots=True)
class StateContract:
    """A state in words. `kind` is None for what happens in any state; `end` says how a session has ended in it."""

    state: str
    kind: Kind | None
    goal: str | None
    forbid: str | None
    work: Sequence[str]
    tries: Sequence[str]
    review: Sequence[str]
    ways: Sequence[Row]
    events: Sequence[EventContract]
    end: End | None


def contracts_of(workflow: Workflow) -> Iterator[StateContract]:
    """Give the contract of each state in the order of the file, and last what the limits of the whole session say."""
    rows = {name: tuple(found) for name, found in groupby(rows_of(workflow), key=lambda row: row.state)}
    ends = {end.state: end for end in ends_of(workflow)}
    for name, state in workflow.states.items():
        yield _contract(name, state, rows.get(name, ()), ends.get(name))
    if ANYWHERE in rows:
        yield _contract(ANYWHERE, None, rows[ANYWHERE], None)


def _contract(name: str, state: State | None, ways: Sequence[Row], end: End | None) -> StateContract:
    first = ways[0] if ways else None
    return StateContract(
        state=name,
        kind=None if state is None else kind_of(state),
        goal=None if state is None else state.goal,
        forbid=None if state is None else state.forbid,
        work=() if first is None else first.action.common,
        tries=() if first is None else first.retry.common,
        review=() if first is None else first.review.common,
        ways=ways,
        events=tuple(_events(state)),
        end=end if isinstance(state, FinalState) else None,
    )


def _events(state: State | None) -> Iterator[EventContract]:
    if isinstance(state, AgentState | HumanState | ExternalState):
        for event in state.events.values():
            yield EventContract(event.name, event.description, event.contract.input_schema)

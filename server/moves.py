"""Every way in which a session of a workflow can move, in the order of the file. Pure.

Pictures and tables are both made of this list, so that neither shows a way that the other leaves
out, and no transition is written down a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.workflow import (
    AgentState,
    Condition,
    Event,
    ExternalState,
    HumanState,
    Limit,
    State,
    SystemState,
    Transition,
    Workflow,
)

Cause: TypeAlias = Literal["event", "next", "after", "due", "limit", "failed", "unknown", "below", "differ"]

ANYWHERE: Final = "any state"
"""The source of what the whole session's limits do: every state that is not final. No state can have this name: names
hold no space."""

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another.

    `event` is set where an actor's event leads there (causes `event` and `below`). `when` is the
    entry's own guard, beside the event's; `otherwise` says that guards stand before it, of which
    all must have been false. `in_ms` belongs to `after` and `due`, `limit` to `limit`.
    """

    source: str
    target: str
    cause: Cause
    event: Event | None = None
    when: Condition | None = None
    otherwise: bool = False
    in_ms: int | None = None
    limit: Limit | None = None


def moves_of(workflow: Workflow) -> Iterator[Move]:
    """Give every move: those of each state, then those of the whole session's limits."""
    for state in workflow.states.values():
        yield from moves_from(state)
    for limit in workflow.limits:
        yield Move(ANYWHERE, limit.then, "limit", limit=limit)


def moves_from(state: State) -> Iterator[Move]:
    """Give the moves that a state itself says."""
    name = state.name
    if isinstance(state, SystemState):
        yield from _through(name, "next", state.next)
    if isinstance(state, AgentState | HumanState | ExternalState):
        yield from _by_events(state)
    for after in state.after:
        yield Move(name, after.to, "after", when=after.when, in_ms=after.in_ms)
    if isinstance(state, HumanState) and state.review.due is not None:
        yield Move(name, state.review.due.then, "due", in_ms=state.review.due.in_ms)
    for limit in state.limits:
        yield Move(name, limit.then, "limit", limit=limit)
    if state.failed is not None:
        yield Move(name, state.failed, "failed")
    if state.unknown is not None:
        yield Move(name, state.unknown, "unknown")


def _by_events(state: AgentState | HumanState | ExternalState) -> Iterator[Move]:
    for event in state.events.values():
        yield from _through(state.name, "event", event.next, event)
        if event.floors is not None:
            yield Move(state.name, event.floors.below, "below", event)
    if isinstance(state, AgentState) and state.agree is not None:
        yield Move(state.name, state.agree.differ, "differ")


def span(duration_ms: float) -> str:
    """Write a duration as the workflow file does: `15m`, `2d`."""
    for unit, size_ms in _UNITS:
        if duration_ms >= size_ms and duration_ms % size_ms == 0:
            return f"{duration_ms / size_ms:g}{unit}"
    return f"{duration_ms:g}ms"


def printable(text: str) -> str:
    """Replace control characters, and those that turn the direction of reading or hide."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _through(source: str, cause: Cause, entries: Iterable[Transition], event: Event | None = None) -> Iterator[Move]:
    for index, entry in enumerate(entries):
        yield Move(source, entry.to, cause, event, entry.when, otherwise=index > 0 and entry.when is None)

"""What there is to draw of a workflow: its states, and every way in which a session can move. Pure.

Titles, details and labels hold text of the workflow file, which is not trusted: what is not
printable is replaced here, and whoever writes them into a format escapes them.
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
    FinalState,
    HumanState,
    Limit,
    State,
    SystemState,
    Transition,
    Workflow,
)
from pointsman.fsm.stays import turn_of

Kind: TypeAlias = Literal["agent", "system", "human", "external", "success", "stopped", "manual", "failed"]
Line: TypeAlias = Literal["chosen", "timed", "troubled"]

GUARD_CHARACTERS: Final = 44
"""Longer guards are shortened; the file has the whole text."""
ANYWHERE: Final = "any state"
"""Stands for every state that is not final, as the source of what the whole session's limits do. No state can have
this name: names hold no space."""

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


@dataclass(frozen=True, slots=True)
class Node:
    """A state: who acts in it, or how the session has ended in it. `detail` is a short second line."""

    name: str
    kind: Kind
    detail: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one state to another.

    `line` tells apart what somebody chose or the system went on to, what time brought about, and
    what something gone wrong did. Several ways of one kind between two states are one arrow.
    """

    source: str
    target: str
    line: Line
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it. `nodes` keep the order of the file."""

    title: str
    initial: str
    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of states there are, each once, in the order of the file."""
        seen: dict[Kind, None] = {node.kind: None for node in self.nodes}
        return tuple(seen)


def picture_of(workflow: Workflow) -> Picture:
    """Say what there is to draw."""
    nodes = tuple(_node(state) for state in workflow.states.values())
    merged: dict[tuple[str, str, Line], list[str]] = {}
    for state in workflow.states.values():
        for target, line, label in _ways(state):
            merged.setdefault((state.name, target, line), []).append(label)
    for limit in workflow.limits:
        merged.setdefault((ANYWHERE, limit.then, "troubled"), []).append(_limit(limit))
    arrows = tuple(Arrow(*ends, tuple(label for label in labels if label)) for ends, labels in merged.items())
    return Picture(_printable(workflow.title or workflow.name), workflow.initial, nodes, arrows)


def span(duration_ms: float) -> str:
    """Write a duration as the workflow file does: `15m`, `2d`."""
    for unit, size_ms in _UNITS:
        if duration_ms >= size_ms and duration_ms % size_ms == 0:
            return f"{duration_ms / size_ms:g}{unit}"
    return f"{duration_ms:g}ms"


def _node(state: State) -> Node:
    if isinstance(state, FinalState):
        owner = f"{state.outcome}: {state.owner}" if state.owner else state.outcome
        return Node(state.name, state.outcome, _printable(owner))
    kind = turn_of(state)
    if kind == "final":
        raise AssertionError(state.name)
    return Node(state.name, kind, state.review.role if isinstance(state, HumanState) else kind)


def _ways(state: State) -> Iterator[tuple[str, Line, str]]:
    """Every way out of a state: where to, of which kind, and its label."""
    if isinstance(state, SystemState):
        for to, condition in _guarded(state.next):
            yield to, "chosen", condition
    if isinstance(state, AgentState | HumanState | ExternalState):
        for event in state.events.values():
            yield from _event(event)
    for after in state.after:
        yield after.to, "timed", f"after {span(after.in_ms)}{_when(after.when)}"
    if isinstance(state, HumanState) and state.review.due is not None:
        yield state.review.due.then, "timed", f"due {span(state.review.due.in_ms)}"
    for limit in state.limits:
        yield limit.then, "troubled", _limit(limit)
    if state.failed is not None:
        yield state.failed, "troubled", "failed"
    if state.unknown is not None:
        yield state.unknown, "troubled", "unknown"


def _event(event: Event) -> Iterator[tuple[str, Line, str]]:
    for to, condition in _guarded(event.next):
        yield to, "chosen", f"{event.name}{_when(event.when)} {condition}".rstrip()
    if event.floors is not None:
        yield event.floors.below, "troubled", f"confidence < {event.floors.floor:g}"


def _guarded(transitions: Iterable[Transition]) -> Iterator[tuple[str, str]]:
    """Each transition's target with its guard; `else` where guards before it must have been false."""
    for index, transition in enumerate(transitions):
        otherwise = "[else]" if index else ""
        yield transition.to, _when(transition.when).strip() or otherwise


def _when(condition: Condition | None) -> str:
    if condition is None:
        return ""
    text = _printable(" ".join(condition.guard.text.split()))
    return f" [{text if len(text) <= GUARD_CHARACTERS else text[: GUARD_CHARACTERS - 1] + '…'}]"


def _printable(text: str) -> str:
    """Replace control characters, and those that turn the direction of reading or hide."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _limit(limit: Limit) -> str:
    match limit.kind:
        case "duration":
            amount = span(limit.amount)
        case "cost":
            amount = f"${limit.amount:g}"
        case _:
            amount = f"{limit.amount:g}"
    return f"{limit.kind} > {amount}"

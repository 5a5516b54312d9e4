"""What there is to draw of a workflow: its states, and every way in which a session can move. Pure.

Titles, details and labels hold text of the workflow file, which is not trusted: what is not
printable is replaced here, and whoever writes them into a format escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.workflow import AgentState, Condition, FinalState, HumanState, Limit, Model, State, Workflow
from pointsman.fsm.stays import turn_of

from ..moves import ANYWHERE, Cause, Move, moves_of, printable, span

__all__ = ["ANYWHERE", "Arrow", "Kind", "Label", "Line", "Node", "Picture", "Trail", "picture_of"]

Kind: TypeAlias = Literal["agent", "model", "system", "human", "external", "success", "stopped", "manual", "failed"]
Line: TypeAlias = Literal["chosen", "timed", "limited", "failed", "unknown", "below", "differ"]

GUARD_CHARACTERS: Final = 44
"""Longer guards are shortened in a label; its `full` text has the whole."""

LINES: Final[dict[Cause, Line]] = {
    "event": "chosen",
    "next": "chosen",
    "after": "timed",
    "due": "timed",
    "limit": "limited",
    "failed": "failed",
    "unknown": "unknown",
    "below": "below",
    "differ": "differ",
}
"""How each cause of a move is drawn."""


@dataclass(frozen=True, slots=True)
class Node:
    """A state: who acts in it, or how the session has ended in it.

    `detail` is a short second line; `goal` is all the file says of what the state is for.
    """

    name: str
    kind: Kind
    detail: str
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What an arrow says, in short and in full."""

    text: str
    full: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one state to another. Several ways of one line between two states are one arrow."""

    source: str
    target: str
    line: Line
    labels: tuple[Label, ...]


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
        return tuple(dict.fromkeys(node.kind for node in self.nodes))

    @property
    def lines(self) -> tuple[Line, ...]:
        """The kinds of arrows there are, each once, the everyday ones first."""
        present = {arrow.line for arrow in self.arrows}
        return tuple(line for line in dict.fromkeys(LINES.values()) if line in present)


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a session is and has been: the states it entered, and the ways it took as (source, target, line)."""

    current: str
    visited: frozenset[str] = frozenset()
    taken: frozenset[tuple[str, str, Line]] = frozenset()

    def took(self, arrow: Arrow) -> bool:
        """Say whether the session went along an arrow; one that starts anywhere, from whichever state."""
        if arrow.source == ANYWHERE:
            return any((target, line) == (arrow.target, arrow.line) for _, target, line in self.taken)
        return (arrow.source, arrow.target, arrow.line) in self.taken


def picture_of(workflow: Workflow) -> Picture:
    """Say what there is to draw."""
    nodes = tuple(_node(state) for state in workflow.states.values())
    merged: dict[tuple[str, str, Line], list[Label]] = {}
    for move in moves_of(workflow):
        merged.setdefault((move.source, move.target, LINES[move.cause]), []).append(_label(move))
    arrows = tuple(Arrow(*ends, _told_apart(labels)) for ends, labels in merged.items())
    return Picture(printable(workflow.title or workflow.name), workflow.initial, nodes, arrows)


def kind_of(state: State) -> Kind:
    """Name who acts in a state, or how a session has ended in it."""
    if isinstance(state, FinalState):
        return state.outcome
    kind = turn_of(state)
    if kind == "final":
        raise AssertionError(state.name)
    return kind


def _node(state: State) -> Node:
    kind = kind_of(state)
    goal = None if state.goal is None else printable(state.goal)
    match state:
        case FinalState(owner=str(owner)):
            detail = f"{kind}: {owner}"
        case HumanState():
            detail = state.review.role
        case AgentState(model=Model(name=str(name))):
            detail = f"model: {name}"
        case _:
            detail = kind
    return Node(state.name, kind, printable(detail), goal)


def _told_apart(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Leave out empty labels, and those that say what another one has said."""
    return tuple(dict.fromkeys(label for label in labels if label.text))


def _label(move: Move) -> Label:
    match move.cause:
        case "after" | "due":
            before = f"{move.cause} {span(move.in_ms or 0)}"
        case "limit" if move.limit is not None:
            before = limit_text(move.limit)
        case "below" if move.event is not None and move.event.floors is not None:
            before = f"confidence < {move.event.floors.floor:g}"
        case "failed" | "unknown":
            before = move.cause
        case "differ":
            before = "readings differ"
        case _:
            before = move.event.name if move.event is not None else ""
    guard = move.event.when if move.event is not None and move.cause == "event" else None
    full = [f"[{_text(condition)}]" for condition in (guard, move.when) if condition is not None]
    short = [f"[{_shortened(text[1:-1])}]" for text in full]
    if move.otherwise:
        full.append("[else]")
        short.append("[else]")
    return Label(" ".join([before, *short]).strip(), " ".join([before, *full]).strip())


def _text(condition: Condition) -> str:
    return printable(" ".join(condition.guard.text.split()))


def _shortened(text: str) -> str:
    return text if len(text) <= GUARD_CHARACTERS else text[: GUARD_CHARACTERS - 1] + "…"


def limit_text(limit: Limit) -> str:
    """Write a limit as what exceeds it: `calls > 8`."""
    match limit.kind:
        case "duration":
            amount = span(limit.amount)
        case "cost":
            amount = f"${limit.amount:g}"
        case _:
            amount = f"{limit.amount:g}"
    return f"{limit.kind} {'≥' if limit.kind in ('cost', 'tokens') else '>'} {amount}"

"""Every place of a file where an expression stands, and what it may see there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..document import Document
from ..document.states import (
    AgentPart,
    CallPart,
    EventPart,
    HumanPart,
    StatePart,
    SystemPart,
)
from ..document.tools import ReconcilePart
from ..expressions import expression_text
from ..positions import Path
from ..values import Json
from .walk import events, live_states, shown_calls, steps

ALWAYS: Final = frozenset({"record", "done", "visits", "decisions", "session", "path_confidence"})
_CALL: Final = ALWAYS | {"args"}
_SETTLED: Final = _CALL | {"result"}


@dataclass(frozen=True, slots=True)
class Site:
    """An expression: its CEL, where the value stands, how many characters of it come before the CEL.

    `roots` are the names it may use; `event` are the schemas of the event's members, where there is one.
    """

    text: str
    path: Path
    skipped: int
    guard: bool
    roots: frozenset[str]
    event: Mapping[str, Json] | None = None


def sites(document: Document) -> Iterator[Site]:
    """Give every expression of a file."""
    for name, policy in document.tools.items():
        if policy.reconcile is not None:
            yield from _reconcile(("tools", name, "reconcile"), policy.reconcile)
    for path, _, state in live_states(document):
        yield from _state(path, state)
        for event_path, _, event in events(state, path):
            yield from _event(document, event_path, state, event)


def _reconcile(path: Path, part: ReconcilePart) -> Iterator[Site]:
    yield from _values(part.with_, (*path, "with"), _CALL)
    yield from _guard(part.happened, (*path, "happened"), _SETTLED)


def _state(path: Path, state: StatePart) -> Iterator[Site]:
    for step_path, step in steps(state, path):
        if isinstance(step, CallPart):
            yield from _values(step.with_, (*step_path, "with"), ALWAYS)
            yield from _values(step.save, (*step_path, "save"), _SETTLED)
        else:
            yield from _values(step.set_, (*step_path, "set"), ALWAYS)
    for index, after in enumerate(state.after):
        yield from _guard(after.when, (*path, "after", index, "when"), ALWAYS)
    if isinstance(state, SystemPart):
        for index, entry in enumerate(state.next):
            yield from _guard(entry.when, (*path, "next", index, "when"), ALWAYS)
    elif isinstance(state, AgentPart):
        yield from _tools(path, state)
    elif isinstance(state, HumanPart):
        for index, text in enumerate(state.review.exclude):
            yield from _values(text, (*path, "review", "exclude", index), ALWAYS)
        for item_path, item in shown_calls(state, path):
            yield from _values(item.with_, (*item_path, "with"), ALWAYS)


def _tools(path: Path, state: AgentPart) -> Iterator[Site]:
    for index, use in enumerate(state.tools):
        use_path = (*path, "tools", index)
        yield from _values(use.with_, (*use_path, "with"), ALWAYS)
        yield from _guard(use.when, (*use_path, "when"), _CALL)
        yield from _values(use.save, (*use_path, "save"), _SETTLED)


def _event(document: Document, path: Path, state: StatePart, event: EventPart) -> Iterator[Site]:
    roots = ALWAYS | ({"event"} if isinstance(state, HumanPart) else {"event", "confidence"})
    edit = state.review.edit if isinstance(state, HumanPart) else ()
    fields = (*event.requires, *event.accepts, *edit)
    members: dict[str, Json] = {name: document.record.get(name) for name in fields}
    members |= {name.removesuffix("?"): schema for name, schema in event.payload.items()}
    members |= dict.fromkeys(("rationale", "confidence", "alternatives"))
    yield from _guard(event.when, (*path, "when"), roots, members)
    for index, entry in enumerate(event.next):
        yield from _guard(entry.when, (*path, "next", index, "when"), roots, members)


def _guard(
    text: str | None, path: Path, roots: frozenset[str], event: Mapping[str, Json] | None = None
) -> Iterator[Site]:
    if text is not None:
        yield Site(text, path, 0, guard=True, roots=roots, event=event)


def _values(value: Json, path: Path, roots: frozenset[str]) -> Iterator[Site]:
    """Give the expressions in a value of the file, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _values(item, (*path, name), roots)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*path, index), roots)
    elif (text := expression_text(value)) is not None:
        yield Site(text, path, 1, guard=False, roots=roots)

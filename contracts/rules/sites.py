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
    ToolUsePart,
)
from ..document.tools import ReconcilePart
from ..expressions import expression_text
from ..positions import Path
from ..values import Json
from .walk import events, evidence, live_states, shown_calls, steps, uses

ALWAYS: Final = frozenset({"record", "done", "visits", "decisions", "session", "path_confidence"})
_CALL: Final = ALWAYS | {"args"}
_SETTLED: Final = _CALL | {"result"}
_PAST: Final = frozenset({"args", "result"})
_BODY: Final = frozenset({"body"})


@dataclass(frozen=True, slots=True)
class Site:
    """An expression: its CEL, where the value stands, how many characters of it come before the CEL.

    `roots` are the names it may use; `event` are the schemas of the event's members, where there is one,
    and `evidence` the names of the calls that `evidence` holds.
    """

    text: str
    path: Path
    skipped: int
    guard: bool
    roots: frozenset[str]
    event: Mapping[str, Json] | None = None
    evidence: tuple[str, ...] = ()


def sites(document: Document) -> Iterator[Site]:
    """Give every expression of a file."""
    yield from _triggers(document)
    for name, policy in document.tools.items():
        yield from _guard(policy.success, ("tools", name, "success"), _PAST)
        if policy.reconcile is not None:
            yield from _reconcile(("tools", name, "reconcile"), policy.reconcile)
    for path, _, state in live_states(document):
        yield from _state(path, state)
        for event_path, _, event in events(state, path):
            yield from _event(document, event_path, state, event)


def _triggers(document: Document) -> Iterator[Site]:
    webhook = document.triggers.webhook
    if webhook is not None:
        yield from _values(webhook.start, ("triggers", "webhook", "start"), _BODY)
        yield from _values(webhook.dedupe, ("triggers", "webhook", "dedupe"), _BODY)
    for index, schedule in enumerate(document.triggers.schedule):
        yield from _values(schedule.start, ("triggers", "schedule", index, "start"), frozenset())


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
    for use_path, use in uses(state, path):
        yield from _values(use.with_, (*use_path, "with"), ALWAYS)
        yield from _evidence(use_path, use, _CALL, None)
        names = tuple(item.name for item in evidence(use, use_path))
        yield from _guard(use.when, (*use_path, "when"), _CALL | {"evidence"}, known=names)
        yield from _values(use.save, (*use_path, "save"), _SETTLED)
        if use.approval is not None:
            for index, text in enumerate(use.approval.exclude):
                yield from _values(text, (*use_path, "approval", "exclude", index), _CALL)


def _evidence(
    path: Path, part: EventPart | ToolUsePart, roots: frozenset[str], event: Mapping[str, Json] | None
) -> Iterator[Site]:
    """Give the expressions of an evidence; each sees the calls that stand before it."""
    before: list[str] = []
    for item in evidence(part, path):
        yield from _values(item.part.with_, (*item.path, "with"), roots | {"evidence"}, event, tuple(before))
        yield from _guard(item.part.when, (*item.path, "when"), _PAST)
        before.append(item.name)


def _event(document: Document, path: Path, state: StatePart, event: EventPart) -> Iterator[Site]:
    roots = ALWAYS | ({"event"} if isinstance(state, HumanPart) else {"event", "confidence"})
    edit = state.review.edit if isinstance(state, HumanPart) else ()
    fields = (*event.requires, *event.accepts, *edit)
    members: dict[str, Json] = {name: document.record.get(name) for name in fields}
    members |= {name.removesuffix("?"): schema for name, schema in event.payload.items()}
    members |= dict.fromkeys(("rationale", "confidence", "alternatives"))
    yield from _evidence(path, event, roots, members)
    names = tuple(item.name for item in evidence(event, path))
    roots |= {"evidence"}
    yield from _guard(event.when, (*path, "when"), roots, members, names)
    for index, entry in enumerate(event.next):
        yield from _guard(entry.when, (*path, "next", index, "when"), roots, members, names)


def _guard(
    text: str | None,
    path: Path,
    roots: frozenset[str],
    event: Mapping[str, Json] | None = None,
    known: tuple[str, ...] = (),
) -> Iterator[Site]:
    if text is not None:
        yield Site(text, path, 0, guard=True, roots=roots, event=event, evidence=known)


def _values(
    value: Json,
    path: Path,
    roots: frozenset[str],
    event: Mapping[str, Json] | None = None,
    known: tuple[str, ...] = (),
) -> Iterator[Site]:
    """Give the expressions in a value of the file, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _values(item, (*path, name), roots, event, known)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*path, index), roots, event, known)
    elif (text := expression_text(value)) is not None:
        yield Site(text, path, 1, guard=False, roots=roots, event=event, evidence=known)

"""Every place of a file where an expression stands, and what it may see there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from .walk import events, evidence, live_states, second_call, shown_calls, steps, uses

ALWAYS: Final = frozenset({"record", "done", "visits", "decisions", "session", "path_confidence"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What an expression may see: root names, the schemas of its event's members, where there is one.

    `evidence` gives the tools by the names of the calls that `evidence` holds; `later` are the names that
    stand behind it.
    """

    roots: frozenset[str]
    event: Mapping[str, Json] | None = None
    evidence: Mapping[str, str] = field(default_factory=dict[str, str])
    later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Site:
    """An expression: its CEL, where the value stands, how many characters of it come before the CEL."""

    text: str
    path: Path
    skipped: int
    guard: bool
    sight: Sight


_ALWAYS: Final = Sight(ALWAYS)
_CALL: Final = Sight(ALWAYS | {"args"})
_SETTLED: Final = Sight(_CALL.roots | {"result"})
_PAST: Final = Sight(frozenset({"args", "result"}))
_BODY: Final = Sight(frozenset({"body"}))
_NOTHING: Final = Sight(frozenset())


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
    for index, webhook in enumerate(document.triggers.webhook):
        path: Path = ("triggers", "webhook", index)
        yield from _values(webhook.start, (*path, "start"), _BODY)
        yield from _values(webhook.dedupe, (*path, "dedupe"), _BODY)
        if webhook.deliver is not None:
            yield from _values(webhook.deliver.session, (*path, "deliver", "session"), _BODY)
            yield from _values(webhook.deliver.with_, (*path, "deliver", "with"), _BODY)
    for index, schedule in enumerate(document.triggers.schedule):
        yield from _values(schedule.start, ("triggers", "schedule", index, "start"), _NOTHING)


def _reconcile(path: Path, part: ReconcilePart) -> Iterator[Site]:
    yield from _values(part.with_, (*path, "with"), _CALL)
    yield from _guard(part.happened, (*path, "happened"), _SETTLED)


def _state(path: Path, state: StatePart) -> Iterator[Site]:
    for step_path, step in steps(state, path):
        if isinstance(step, CallPart):
            yield from _values(step.with_, (*step_path, "with"), _ALWAYS)
            yield from _values(step.save, (*step_path, "save"), _SETTLED)
        else:
            yield from _values(step.set_, (*step_path, "set"), _ALWAYS)
    for index, after in enumerate(state.after):
        yield from _guard(after.when, (*path, "after", index, "when"), _ALWAYS)
    if isinstance(state, SystemPart):
        for index, entry in enumerate(state.next):
            yield from _guard(entry.when, (*path, "next", index, "when"), _ALWAYS)
    elif isinstance(state, AgentPart):
        yield from _tools(path, state)
    elif isinstance(state, HumanPart):
        for index, text in enumerate(state.review.exclude):
            yield from _values(text, (*path, "review", "exclude", index), _ALWAYS)
        for item_path, item in shown_calls(state, path):
            yield from _values(item.with_, (*item_path, "with"), _ALWAYS)


def _tools(path: Path, state: AgentPart) -> Iterator[Site]:
    for call_path, call in second_call(state.agree, path):
        yield from _values(call.with_, (*call_path, "with"), _ALWAYS)
        yield from _values(call.fields, (*call_path, "fields"), _SETTLED)
    for use_path, use in uses(state, path):
        yield from _values(use.with_, (*use_path, "with"), _ALWAYS)
        yield from _evidence(use_path, use, _CALL)
        yield from _guard(use.when, (*use_path, "when"), _with_evidence(_CALL, use))
        yield from _values(use.save, (*use_path, "save"), _SETTLED)
        if use.approval is not None:
            for index, text in enumerate(use.approval.exclude):
                yield from _values(text, (*use_path, "approval", "exclude", index), _CALL)


def _with_evidence(sight: Sight, part: EventPart | ToolUsePart) -> Sight:
    """Give what is seen where all of a part's evidence has been found."""
    found = {item.name: item.part.call for item in evidence(part, ())}
    return replace(sight, roots=sight.roots | {"evidence"}, evidence=found)


def _evidence(path: Path, part: EventPart | ToolUsePart, sight: Sight) -> Iterator[Site]:
    """Give the expressions of an evidence; each sees the calls that stand before it."""
    every = _with_evidence(sight, part)
    before: dict[str, str] = {}
    for item in evidence(part, path):
        seen = replace(every, evidence=dict(before), later=frozenset(every.evidence) - before.keys())
        yield from _values(item.part.with_, (*item.path, "with"), seen)
        yield from _guard(item.part.when, (*item.path, "when"), _PAST)
        before[item.name] = item.part.call


def _event(document: Document, path: Path, state: StatePart, event: EventPart) -> Iterator[Site]:
    roots = ALWAYS | ({"event"} if isinstance(state, HumanPart) else {"event", "confidence"})
    edit = state.review.edit if isinstance(state, HumanPart) else ()
    fields = (*event.requires, *event.accepts, *edit)
    members: dict[str, Json] = {name: document.record.get(name) for name in fields}
    members |= {name.removesuffix("?"): schema for name, schema in event.payload.items()}
    members |= dict.fromkeys(("rationale", "confidence", "alternatives"))
    sight = Sight(roots, members)
    yield from _evidence(path, event, sight)
    judged = _with_evidence(sight, event)
    yield from _guard(event.when, (*path, "when"), judged)
    for index, entry in enumerate(event.next):
        yield from _guard(entry.when, (*path, "next", index, "when"), judged)


def _guard(text: str | None, path: Path, sight: Sight) -> Iterator[Site]:
    if text is not None:
        yield Site(text, path, 0, guard=True, sight=sight)


def _values(value: Json, path: Path, sight: Sight) -> Iterator[Site]:
    """Give the expressions in a value of the file, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _values(item, (*path, name), sight)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*path, index), sight)
    elif (text := expression_text(value)) is not None:
        yield Site(text, path, 1, guard=False, sight=sight)

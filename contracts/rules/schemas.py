"""The schemas of record fields and payloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..document.states import AgentPart, SetPart
from ..expressions import has_expression, literal_of
from ..positions import Path
from ..schema_rules import FORMATS, KEYWORDS, faults_of, subschemas
from ..schemas import Schema
from ..values import Json
from .view import View, hint_for
from .walk import events, live_states, steps, uses


def check_schemas(view: View) -> None:
    """Find schemas that are none, leave the file, expand too far, or ask for what nobody checks."""
    for path, schema in _schemas(view):
        faults = faults_of(schema)
        for fault in faults:
            view.at_value(fault.code, (*path, *fault.path), fault.message, fault.hint)
        if not faults:
            _check_words(view, path, schema)


def check_literals(view: View) -> None:
    """Find values that the file itself writes to the record, and that do not fit there."""
    record = view.document.record
    for path, name, value in _written(view):
        if name not in record or has_expression(value) or faults_of(record[name]):
            continue
        for unmet in Schema(record[name]).unmet(literal_of(value), name):
            hint = "Write a value that its schema under `record` admits, or an expression that gives one."
            view.at_value("PM203", path, f"{unmet.path} {unmet.problem}", hint)


def _written(view: View) -> Iterator[tuple[Path, str, Json]]:
    """Give each value that a `set`, a `save` with fields or the `start` of a trigger writes."""
    yield from _triggered(view)
    for path, _, state in live_states(view.document):
        for step_path, step in steps(state, path):
            if isinstance(step, SetPart):
                yield from (((*step_path, "set", name), name, value) for name, value in step.set_.items())
            elif isinstance(step.save, dict):
                yield from (((*step_path, "save", name), name, value) for name, value in step.save.items())
        if isinstance(state, AgentPart):
            for use_path, use in uses(state, path):
                saved = use.save if isinstance(use.save, dict) else {}
                yield from (((*use_path, "save", name), name, value) for name, value in saved.items())


def _triggered(view: View) -> Iterator[tuple[Path, str, Json]]:
    triggers = view.document.triggers
    starts: list[tuple[Path, Mapping[str, Json]]] = [
        (("triggers", "schedule", index, "start"), schedule.start) for index, schedule in enumerate(triggers.schedule)
    ]
    starts += [
        (("triggers", "webhook", index, "start"), webhook.start or {}) for index, webhook in enumerate(triggers.webhook)
    ]
    for path, start in starts:
        yield from (((*path, name), name, value) for name, value in start.items())


def _schemas(view: View) -> Iterator[tuple[Path, Json]]:
    for name, schema in view.document.record.items():
        yield ("record", name), schema
    for path, _, state in live_states(view.document):
        for event_path, _, event in events(state, path):
            for name, schema in event.payload.items():
                yield (*event_path, "payload", name), schema


def _check_words(view: View, path: Path, schema: Json) -> None:
    """A misspelt keyword or format is ignored by validators, so it would demand nothing."""
    for place, part in subschemas(schema):
        if not view.findings.takes("PM805"):
            return
        for keyword in part:
            if keyword not in KEYWORDS and not keyword.startswith("x-"):
                message = f"JSON Schema has no keyword `{keyword}`, so it demands nothing"
                view.at_key("PM805", (*path, *place, keyword), message, hint_for(keyword, KEYWORDS))
        form = part.get("format")
        if isinstance(form, str) and form not in FORMATS:
            message = f"there is no format `{form}`, so it demands nothing"
            view.at_value("PM805", (*path, *place, "format"), message, hint_for(form, FORMATS))

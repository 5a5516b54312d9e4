"""The form by which a person decides: what they may edit, why, and each decision with what it demands beside. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_plus

from pointsman.contracts.problems import Unmet
from pointsman.contracts.values import Json, JsonObject, as_object, as_objects, canonical

from ..bounds import EDITED_BYTES, EDITED_BYTES_IN_ALL
from .fields import Field, Unreadable, as_sent, field_of, is_same, read
from .forms import Form
from .values import as_text

RATIONALE: Final = "rationale"


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision that can be taken: its event, where it leads, and what it alone demands."""

    event: str
    description: str | None
    leads_to: tuple[str, ...]
    approvals: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The whole form."""

    edits: tuple[Field, ...]
    rationale: Field | None
    choices: tuple[Choice, ...]
    problems: tuple[str, ...] = ()
    """What no field of the form can be blamed for."""

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of the fields that have a problem."""
        return tuple(one.name for one in self._fields() if one.problem is not None)

    @property
    def first_wrong(self) -> str | None:
        """The identifier of the first of them."""
        return next((one.id for one in self._fields() if one.problem is not None), None)

    def _fields(self) -> Iterable[Field]:
        yield from self.edits
        yield from () if self.rationale is None else (self.rationale,)
        for choice in self.choices:
            yield from choice.fields


@dataclass(frozen=True, slots=True)
class Change:
    """A field that a decision changes. `before` is None where it was not set."""

    name: str
    before: Json
    after: Json


def form_of(document: JsonObject) -> DecisionForm:
    """Make the form of what waits, with the values that are there now."""
    record = as_object(document.get("shown"))
    current = {**record, **as_object(document.get("current"))}
    edits: dict[str, Field] = {}
    rationale: Field | None = None
    choices: list[Choice] = []
    editable = _texts(document.get("edit"))
    for decision in as_objects(document.get("decisions")):
        event = str(decision["event"])
        own: list[Field] = []
        for name, schema, required in _properties(decision):
            if name == RATIONALE:
                must = required or document.get("rationale") == "required"
                rationale = field_of(name, RATIONALE, schema, required=must)
            elif name in editable:
                edits.setdefault(
                    name, _filled(field_of(name, f"edit.{name}", schema, required=False), current.get(name))
                )
            else:
                own.append(field_of(name, f"{event}.{name}", schema, required=required))
        leads_to = _texts(decision.get("leads_to"))
        approvals = decision.get("approvals")
        description = decision.get("description")
        choices.append(
            Choice(
                event,
                description if isinstance(description, str) else None,
                leads_to,
                approvals if isinstance(approvals, int) else 1,
                tuple(own),
            )
        )
    return DecisionForm(_that_fit(edits[name] for name in editable if name in edits), rationale, tuple(choices))


def filled_in(form: DecisionForm, said: Form) -> DecisionForm:
    """Put into the form what somebody has written in it before."""
    edits = tuple(one if one.kind == "kept" else replace(one, value=said.one(one.id)) for one in form.edits)
    rationale = None if form.rationale is None else replace(form.rationale, value=said.one(form.rationale.id))
    choices = tuple(
        replace(choice, fields=tuple(replace(one, value=said.one(one.id)) for one in choice.fields))
        for choice in form.choices
    )
    return replace(form, edits=edits, rationale=rationale, choices=choices)


def filled_with(form: DecisionForm, arguments: JsonObject, event: str) -> DecisionForm:
    """Put into the form the arguments of a decision that was drafted with it; what it does not say stays."""

    def filled(field: Field) -> Field:
        given = arguments.get(field.name)
        return field if given is None or field.kind == "kept" else _filled(field, given)

    rationale = None if form.rationale is None else filled(form.rationale)
    choices = tuple(
        replace(one, fields=tuple(map(filled, one.fields))) if one.event == event else one for one in form.choices
    )
    return replace(form, edits=tuple(map(filled, form.edits)), rationale=rationale, choices=choices)


def arguments_of(document: JsonObject, form: DecisionForm, event: str) -> tuple[JsonObject, dict[str, str]]:
    """Read the arguments of a decision from a form that is filled in, and what cannot be read, by the field's name.

    A field that is left empty is not said, and one that was not empty cannot be. A field to edit that nobody has
    touched is said only where the decision demands it.
    """
    properties = _properties(_decision(document, event))
    schemas = {name: schema for name, schema, _ in properties}
    demanded = {name for name, _, required in properties if required}
    untouched = {one.id: one.value for one in form_of(document).edits}
    current = {**as_object(document.get("shown")), **as_object(document.get("current"))}
    arguments: JsonObject = {}
    problems: dict[str, str] = {}
    for field in _fields(form, event):
        if field.name not in schemas:
            continue
        if field.kind != "kept" and not field.value.strip():
            if untouched.get(field.id, "").strip():
                problems[field.name] = "cannot be emptied: write another value, or what was there"
            continue
        sent_back = untouched.get(field.id)
        if sent_back is not None and (field.kind == "kept" or field.value == as_sent(field, sent_back)):
            if field.name in demanded and field.name in current:
                arguments[field.name] = current[field.name]  # as it is, whatever a browser makes of it
        else:
            try:
                arguments[field.name] = read(field, field.value, schemas[field.name])
            except Unreadable as error:
                problems[field.name] = str(error)
    return arguments, problems


def with_problems(form: DecisionForm, event: str, problems: Mapping[str, str], unmet: Iterable[Unmet]) -> DecisionForm:
    """Say beside each field what is wrong with it."""
    said = dict(problems)
    for one in unmet:
        said.setdefault(one.path.partition(".")[0].partition("[")[0], one.problem)

    def told(field: Field) -> Field:
        return replace(field, problem=said.pop(field.name, None))

    edits = tuple(told(one) for one in form.edits)
    rationale = None if form.rationale is None else told(form.rationale)
    choices = tuple(
        replace(one, fields=tuple(map(told, one.fields))) if one.event == event else one for one in form.choices
    )
    return DecisionForm(edits, rationale, choices, tuple(f"{name}: {problem}" for name, problem in said.items()))


def changes(document: JsonObject, arguments: JsonObject) -> tuple[Change, ...]:
    """Say what a decision changes of what may be edited."""
    record = {**as_object(document.get("shown")), **as_object(document.get("current"))}
    return tuple(
        Change(name, record.get(name), arguments[name])
        for name in _texts(document.get("edit"))
        if name in arguments and not (name in record and is_same(record[name], arguments[name]))
    )


def _fields(form: DecisionForm, event: str) -> Iterable[Field]:
    yield from form.edits
    if form.rationale is not None:
        yield form.rationale
    for choice in form.choices:
        if choice.event == event:
            yield from choice.fields


def _that_fit(edits: Iterable[Field]) -> tuple[Field, ...]:
    """Keep out of the form what would make it too large to be sent: the first fields go before the others."""
    left = EDITED_BYTES_IN_ALL
    found: list[Field] = []
    for field in edits:
        size = len(quote_plus(field.value, errors="surrogatepass"))
        fits = size <= min(left, EDITED_BYTES)
        left -= size if fits else 0
        found.append(field if fits else replace(field, kind="kept"))
    return tuple(found)


def _filled(field: Field, value: Json) -> Field:
    """Put a value into a field: in several lines where it has them, and as JSON where the field takes JSON."""
    if value is None:
        return field
    if field.kind == "json":
        return replace(field, value=canonical(value))
    text = as_text(value)
    return replace(field, value=text, kind="paragraph" if field.kind == "text" and "\n" in text else field.kind)


def _decision(document: JsonObject, event: str) -> JsonObject:
    nothing: JsonObject = {}
    return next((one for one in as_objects(document.get("decisions")) if one.get("event") == event), nothing)


def _properties(decision: JsonObject) -> Iterable[tuple[str, Json, bool]]:
    schema = as_object(decision.get("input_schema"))
    required = _texts(schema.get("required"))
    return [(name, one, name in required) for name, one in as_object(schema.get("properties")).items()]


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

"""What a person gives a session: values of `--set`, and a JSON file. Read as strictly as what agents send."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, cast

import click

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import Json, JsonObject, as_object, settled

_TYPES: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def assigned(assignments: Iterable[str], input_schema: JsonObject) -> JsonObject:
    """Read `field=value` as often as it stands there.

    A value is a text where the field's schema admits only texts, and JSON where it admits none.
    Where it admits both, or says nothing, it is JSON if it can be read as JSON.

    Raises:
        click.UsageError: when one has no `=`, or is no JSON where it must be.
    """
    found = input_schema.get("properties")
    properties = as_object(found)
    values: JsonObject = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set {assignment!r}: write FIELD=VALUE.")
        if name in values:
            raise click.UsageError(f"--set {name}: given twice.")
        values[name] = _value(name, text, _admitted(properties.get(name)))
    return values


def read_input(source: str) -> JsonObject:
    """Read a JSON object from a file, or from standard input where `source` is `-`.

    Raises:
        click.UsageError: when it is longer than the bound, no JSON, or no object.
        OSError: when the file cannot be read.
    """
    if source == "-":
        text = sys.stdin.buffer.read(ARGUMENTS_BYTES + 1)
    else:
        with Path(source).open("rb") as file:
            text = file.read(ARGUMENTS_BYTES + 1)
    if len(text) > ARGUMENTS_BYTES:
        raise click.UsageError(f"--input {source}: longer than {ARGUMENTS_BYTES} bytes.")
    value, fault = _read(text)
    if fault is not None:
        raise click.UsageError(f"--input {source}: {fault.message}.")
    if not isinstance(value, dict):
        raise click.UsageError(f"--input {source}: must hold one JSON object with the fields.")
    return value


def read_json(what: str, text: str) -> Json:
    """Read the JSON value of an option.

    Raises:
        click.UsageError: when it is longer than the bound, or no JSON.
    """
    encoded = text.encode("utf-8", "surrogateescape")
    if len(encoded) > ARGUMENTS_BYTES:
        raise click.UsageError(f"{what}: longer than {ARGUMENTS_BYTES} bytes.")
    value, fault = _read(encoded)
    if fault is not None:
        raise click.UsageError(f"{what}: {fault.message}.")
    return settled(value)


def _value(name: str, text: str, admitted: frozenset[str] | None) -> Json:
    if admitted == frozenset({"string"}):
        return text
    value, fault = _read(text.encode("utf-8", "surrogateescape"))
    if fault is None:
        return value
    if admitted is None or "string" in admitted:
        return text
    kinds = " or ".join(sorted(admitted))
    raise click.UsageError(f"--set {name}: the field is {kinds}, so its value is JSON: {fault.message}.")


def _read(text: bytes) -> tuple[Json, Fault | None]:
    parsed = JsonReader().read(text)
    return (None, parsed) if isinstance(parsed, Fault) else (parsed.value, parsed.fault)


def _admitted(schema: Json) -> frozenset[str] | None:
    """Name the types a field's schema admits, or None where it does not say."""
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return frozenset({_TYPES[type(schema["const"])]})
    choices = schema.get("enum")
    if isinstance(choices, list):
        return frozenset(_TYPES[type(choice)] for choice in choices)
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return frozenset({kinds})
    return frozenset(cast("list[str]", kinds)) if isinstance(kinds, list) else None

"""Which schemas we take: valid JSON Schema 2020-12, references inside the document and bounded, linear patterns.

Judged before a schema is compiled, because a validator spends seconds and gigabytes on references
that multiply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final, TypeAlias, cast

import jsonschema_rs

from .bounds import FILE_DEPTH, SCHEMA_NODES, UNMET
from .near import near
from .values import Json, JsonObject
from .visible import visible

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
LITERAL_KEYWORDS: Final = frozenset({"enum", "const", "default", "examples"})
"""Keywords whose values are data, not schemas."""
NAMED_KEYWORDS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose values map names, not keywords, to schemas."""

KEYWORDS: Final = (
    "$schema", "$id", "$ref", "$defs", "$comment", "$anchor", "definitions",
    "type", "enum", "const", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType", "contentSchema",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
    "unevaluatedItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
    "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
)  # fmt: skip
"""Keywords of JSON Schema 2020-12 that we take."""

TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")

_SYNONYMS: Final = {
    "text": "string", "str": "string", "float": "number", "decimal": "number", "double": "number", "int": "integer",
    "bool": "boolean", "list": "array", "dict": "object", "map": "object", "mapping": "object", "none": "null",
}  # fmt: skip
"""What other languages call the types."""

FORMATS: Final = (
    "date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
    "uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer",
    "regex",
)  # fmt: skip
"""Formats that are asserted (JSON Schema 2020-12 validation, section 7.3)."""

Steps: TypeAlias = tuple["str | int", ...]
_Kinds: Final = jsonschema_rs.ValidationErrorKind


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Why a document is no schema we take. `path` leads to the place in the document."""

    path: Steps
    message: str
    hint: str | None = None
    code: str = "PM801"


def faults_of(document: Json) -> tuple[SchemaFault, ...]:
    """List what keeps a document from being a schema we take; none where it is one."""
    if isinstance(document, bool):
        return ()
    if not isinstance(document, dict):
        return (SchemaFault((), "a schema is an object or a boolean"),)
    deep = _too_deep(document)
    if deep is not None:
        return (deep,)
    dialect = _dialect_fault(document)
    if dialect is not None:
        return (dialect,)
    faults = list(_reference_faults(document)) or _meta_faults(document)
    if not faults and _expands_past(document, SCHEMA_NODES):
        message = f"the schema's references expand to more than {SCHEMA_NODES:,} nodes"
        faults = [SchemaFault((), message, "Use fewer references to references.", "PM803")]
    return tuple(faults)


def inner_schema(document: Json, schema: Json, part: str | int) -> Json:
    """Give the sub-schema that a member or item of a value is held to; None where none is plain to see."""
    schema = _resolved(document, schema)
    if not isinstance(schema, dict):
        return None
    if isinstance(part, int):
        prefix = schema.get("prefixItems")
        if isinstance(prefix, list) and part < len(prefix):
            return _resolved(document, prefix[part])
        return _resolved(document, schema.get("items"))
    properties = schema.get("properties")
    if isinstance(properties, dict) and part in properties:
        return _resolved(document, properties[part])
    return _resolved(document, schema.get("additionalProperties"))


def _resolved(document: Json, schema: Json) -> Json:
    """Follow references to the schema they mean, a bounded number of times."""
    for _ in range(FILE_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str):
            return schema
        schema = target_of(document, reference)
    return None


def target_of(document: Json, reference: str) -> Json:
    """Give what a reference inside the document points at (RFC 6901); None where there is nothing."""
    found: Json = document
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def subschemas(schema: Json, path: Steps = ()) -> Iterator[tuple[Steps, JsonObject]]:
    """Give every object in a schema that is a schema itself, with its path."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from subschemas(item, (*path, index))
    if not isinstance(schema, dict):
        return
    yield path, schema
    for keyword, value in schema.items():
        if keyword in NAMED_KEYWORDS and isinstance(value, dict):
            for name, item in value.items():
                yield from subschemas(item, (*path, keyword, name))
        elif keyword not in LITERAL_KEYWORDS:
            yield from subschemas(value, (*path, keyword))


def _too_deep(document: JsonObject) -> SchemaFault | None:
    level: list[Json] = [document]
    for _ in range(FILE_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
        if not level:
            return None
    return SchemaFault((), f"the schema is nested deeper than {FILE_DEPTH}", code="PM803")


def _reference_faults(document: JsonObject) -> Iterator[SchemaFault]:
    for path, schema in subschemas(document):
        for keyword in _REFERENCES:
            reference = schema.get(keyword)
            if keyword != "$ref" and reference is not None:
                yield SchemaFault(
                    (*path, keyword), f"`{keyword}` is not supported", "Use `$ref` to a place in this schema."
                )
            elif isinstance(reference, str) and reference != "#" and not reference.startswith("#/"):
                yield SchemaFault(
                    (*path, keyword),
                    f"the reference {reference!r} leaves the schema",
                    "Copy what it points at under `$defs` of this schema and refer to `#/$defs/…`.",
                    "PM802",
                )
            elif isinstance(reference, str) and target_of(document, reference) is None:
                yield SchemaFault((*path, keyword), f"the reference {reference!r} points at nothing in this schema")
        if path and "$id" in schema:
            yield SchemaFault((*path, "$id"), "`$id` inside a schema would change what references mean", "Remove it.")


def _dialect_fault(document: JsonObject) -> SchemaFault | None:
    dialect = document.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") == DIALECT:
        return None
    return SchemaFault(("$schema",), f"the dialect {dialect!r} is not supported", f"Schemas are {DIALECT}.")


def _meta_faults(document: JsonObject) -> list[SchemaFault]:
    """Everything the meta-schema says, each pattern that cannot be run, and else what the compiler says."""
    try:
        errors = list(islice(_meta_schema().iter_errors(document), UNMET))
    except ValueError as error:
        return [SchemaFault((), f"this is no JSON Schema: {error}")]
    said = (error for error in errors if not isinstance(error.kind, _Kinds.Format))
    faults = [fault for error in said for fault in _meta_fault(error)]
    return [*faults, *_pattern_faults(document)] or _compiler_faults(document)


@cache
def _meta_schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, validate_formats=True, offline=True)


def _meta_fault(error: jsonschema_rs.ValidationError) -> Iterator[SchemaFault]:
    path = tuple(error.instance_path)
    faults = list(_type_faults(path, error.instance)) if path[-1:] == ("type",) else []
    yield from faults or (SchemaFault(path, f"this is no JSON Schema: {error.message}"),)


def _type_faults(path: Steps, given: object) -> Iterator[SchemaFault]:
    """Name the types that there are not, in a `type` that is one or a list of them."""
    listed = cast("list[object]", given) if isinstance(given, list) else [given]
    for index, name in enumerate(listed):
        if isinstance(name, str) and name not in TYPES:
            meant = _SYNONYMS.get(name.lower()) or near(name, TYPES)
            hint = f"Did you mean `{meant}`?" if meant else f"There are: {', '.join(TYPES)}."
            place = (*path, index) if isinstance(given, list) else path
            yield SchemaFault(place, f"there is no type `{visible(name[:60])}`", hint)


def _pattern_faults(document: JsonObject) -> Iterator[SchemaFault]:
    """Compile each pattern by itself, so that each is found."""
    for path, schema in subschemas(document):
        pattern, named = schema.get("pattern"), schema.get("patternProperties")
        patterns: list[tuple[Steps, str]] = [((*path, "pattern"), pattern)] if isinstance(pattern, str) else []
        patterns += [((*path, "patternProperties", name), name) for name in named] if isinstance(named, dict) else []
        for place, text in patterns:
            try:
                _compile({"pattern": text})
            except jsonschema_rs.ValidationError:
                hint = "Look-around and back-references are not available; patterns run in linear time."
                yield SchemaFault(place, f"the pattern {text[:60]!r} cannot be run", hint, "PM804")


def _compiler_faults(document: JsonObject) -> list[SchemaFault]:
    try:
        _compile(document)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        return [SchemaFault((), f"this is no JSON Schema: {error}")]
    return []


def _compile(document: JsonObject) -> None:
    jsonschema_rs.Draft202012Validator(
        document, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def _expands_past(document: JsonObject, bound: int) -> bool:
    """Whether the schema, with every reference replaced by what it means, has more nodes than the bound.

    A reference to a schema that it stands in (a tree, a linked list) counts once.
    """
    sizes: dict[str, int] = {}

    def size(schema: Json, open_references: Mapping[str, None]) -> int:
        total = 0
        for _, part in subschemas(schema):
            total += 1
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in open_references:
                if len(open_references) >= FILE_DEPTH:
                    return bound + 1
                if reference not in sizes:
                    sizes[reference] = size(target_of(document, reference), {**open_references, reference: None})
                total += sizes[reference]
            if total > bound:
                return bound + 1
        return total

    return size(document, {}) > bound

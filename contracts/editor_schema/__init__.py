"""The JSON Schema of the workflow format, for editors: draft-07, the dialect that YAML language servers understand.

It is made from the models, and says what they say of one place of a file: keys, types, words, short forms. What
places say of each other only `check` can tell. The words come from `file_words` and `state_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

from ..document import Document
from ..document.part import Part
from ..document.states import EventPart, LimitPart
from ..document.tools import DeliverPart, McpPart, SourcePart
from ..document.triggers import WebhookPart
from ..values import Json, JsonObject, as_object
from .field_schema import field_schema
from .file_words import FILE_WORDS
from .state_words import STATE_WORDS

__all__ = ["EXACTLY_ONE", "WORDS", "editor_schema", "parts"]

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
WORDS: Final[Mapping[type[Part], Mapping[str, str]]] = {**FILE_WORDS, **STATE_WORDS}

EXACTLY_ONE: Final[Mapping[type[Part], tuple[str, ...]]] = {
    LimitPart: ("calls", "denials", "invalid", "steps", "duration", "cost", "tokens"),
    SourcePart: ("python", "mcp", "openapi"),
    McpPart: ("command", "url"),
    DeliverPart: ("argument", "header", "meta"),
    WebhookPart: ("start", "deliver"),
}
"""The keys of which a part has one, as its validator demands: a schema cannot be made from code."""

_SCHEMAS: Final = frozenset({(Document, "record"), (EventPart, "payload")})
"""Keys that hold the author's own schemas by name."""

_FIELD: Final = "#/$defs/FieldPart"
_ANYTHING: Final = "#/$defs/Json"
_DROPPED: Final = frozenset({"title", "default"})
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf"})
_ONES: Final = frozenset({"items", "additionalProperties", "propertyNames"})


def editor_schema() -> JsonObject:
    """Make the schema."""
    made = cast("JsonObject", Document.model_json_schema(by_alias=True))
    definitions = cast("dict[str, JsonObject]", made.pop("$defs"))
    definitions.pop("Json", None)
    for part in parts():
        _complete(part, made if part is Document else definitions[part.__name__])
    return {
        "$schema": DIALECT,
        "title": "Pointsman workflow",
        **cast("JsonObject", _draft_07(made)),
        "definitions": {
            "field": field_schema("#/definitions/field"),
            **{_definition(name): _draft_07(schema) for name, schema in sorted(definitions.items())},
        },
    }


def parts(base: type[Part] = Part) -> Iterator[type[Part]]:
    """Give every model that a mapping of a file is read as."""
    for part in base.__subclasses__():
        inner = tuple(parts(part))
        yield from inner or (part,)


def _complete(part: type[Part], schema: JsonObject) -> None:
    """Say of a part's schema what its model says in code, and what its keys are for."""
    words = _words(part)
    properties = cast("dict[str, JsonObject]", schema["properties"])
    for key, value in properties.items():
        if (part, key) in _SCHEMAS:
            _set_values(value, {"$ref": _FIELD})
        properties[key] = {"description": words[key], **value}
    if part in EXACTLY_ONE:
        schema["oneOf"] = [
            {"required": [key], "properties": {key: {"not": {"type": "null"}}}} for key in EXACTLY_ONE[part]
        ]


def _words(part: type[Part]) -> Mapping[str, str]:
    """Give the words for the keys of a part, those of what it builds on included."""
    bases = (base for base in reversed(part.__mro__) if issubclass(base, Part))
    return {key: text for base in bases for key, text in WORDS.get(base, {}).items()}


def _set_values(mapping: JsonObject, schema: JsonObject) -> None:
    """Hold the values of a mapping to a schema."""
    patterns = mapping.get("patternProperties")
    if isinstance(patterns, dict):
        mapping["patternProperties"] = dict.fromkeys(patterns, schema)
    else:
        mapping["additionalProperties"] = schema


def _draft_07(schema: Json) -> Json:
    """Say in draft-07 what pydantic says in 2020-12, without the titles and empty defaults that it adds."""
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") == _ANYTHING:
        return True
    said = {keyword: value for keyword, value in schema.items() if keyword not in _DROPPED}
    if not _teaches(schema.get("description")):
        said.pop("description", None)
    if isinstance(schema.get("default"), str | int | float):
        said["default"] = schema["default"]
    _admit_null(said)
    _name_keys(said)
    for keyword in _LISTS & said.keys():
        said[keyword] = [_draft_07(one) for one in cast("list[Json]", said[keyword])]
    for keyword in _ONES & said.keys():
        said[keyword] = _draft_07(said[keyword])
    if "properties" in said:
        properties = cast("JsonObject", said["properties"])
        said["properties"] = {key: _draft_07(value) for key, value in properties.items()}
    if "$ref" in said:
        reference: JsonObject = {"$ref": f"#/definitions/{_definition(str(said.pop('$ref')).rpartition('/')[2])}"}
        return {**said, "allOf": [reference]} if said else reference
    return said


def _teaches(description: Json) -> bool:
    """Whether a description says more than the name of the key (as the docstrings of some models do)."""
    return isinstance(description, str) and not re.fullmatch(r"`[a-z_]+`( of [a-z ]+)?\.", description)


def _admit_null(schema: JsonObject) -> None:
    """Write a type that may be null in one, where it is so simple: a plain type, or a single word."""
    forms = schema.get("anyOf")
    if not isinstance(forms, list) or len(forms) != 2 or forms[1] != {"type": "null"} or not isinstance(forms[0], dict):
        return
    form = dict(forms[0])
    if form.keys() <= {"type", "const"} and "const" in form:
        del schema["anyOf"]
        schema["enum"] = [form["const"], None]
    elif form.get("type") in {"string", "integer", "number"} and "enum" not in form:
        del schema["anyOf"]
        schema.update({**form, "type": [form["type"], "null"]})


def _name_keys(schema: JsonObject) -> None:
    """Hold the keys of a mapping to their pattern, and all values to one schema; pydantic lets other keys through."""
    patterns = schema.pop("patternProperties", None)
    if isinstance(patterns, dict):
        ((pattern, values),) = patterns.items()
        names = schema.get("propertyNames")
        schema["propertyNames"] = {"pattern": pattern, **as_object(names)}
        schema["additionalProperties"] = values


def _definition(name: str) -> str:
    """Name a definition for people: `ToolUsePart` is `tool_use`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix("Part")).lower()

"""JSON schemas as pydantic makes them, tidied for agents: no titles, and objects are closed."""

from __future__ import annotations

from typing import Final, cast

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from pointsman.contracts.values import Json, JsonObject

_MAPS: Final = frozenset({"properties", "$defs", "patternProperties"})
_VALUES: Final = frozenset({"default", "const", "enum", "examples"})


class _Quiet(GenerateJsonSchema):
    """Leaves out what it cannot say, without a warning on stderr; makes no titles from names."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - pydantic's own declaration

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def argument_schema(adapter: TypeAdapter[dict[str, object]]) -> tuple[JsonObject, bool]:
    """Give the schema of a function's arguments, and whether all of its objects are closed.

    A model that does not say what it does with further fields is closed; one that allows them on
    purpose (`extra="allow"`) stays open.
    """
    schema = cast("JsonObject", adapter.json_schema(schema_generator=_Quiet))
    return cast("JsonObject", _tidied(schema, close=True)), not _has_open_model(schema)


def result_schema(adapter: TypeAdapter[object]) -> JsonObject:
    """Give the schema of what a function returns, as it is written."""
    schema = cast("JsonObject", adapter.json_schema(mode="serialization", schema_generator=_Quiet))
    return cast("JsonObject", _tidied(schema, close=False))


def _tidied(schema: Json, *, close: bool) -> Json:
    if isinstance(schema, list):
        return [_tidied(item, close=close) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidy: JsonObject = {}
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            tidy[key] = {name: _tidied(item, close=close) for name, item in value.items()}
        elif key in _VALUES:
            tidy[key] = value
        elif key != "title":
            tidy[key] = _tidied(value, close=close)
    if close and "properties" in tidy:
        tidy.setdefault("additionalProperties", False)
    return tidy


def _has_open_model(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(_has_open_model(item) for item in schema)
    if not isinstance(schema, dict):
        return False
    if isinstance(schema.get("properties"), dict) and schema.get("additionalProperties", False) is not False:
        return True
    return any(_has_open_model(value) for key, value in schema.items() if key not in _VALUES)

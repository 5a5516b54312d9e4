"""Strict schemas: the SDK finds nothing in them to move, the local server takes them, and they only ever narrow."""

from typing import Any, cast

import jsonschema_rs
import pytest

from pointsman.contracts.bounds import STRICT_NODES
from pointsman.contracts.values import Json, JsonObject
from pointsman.server.scripts.messages_api.checking import check
from pointsman.tools.models.port import Offered
from pointsman.tools.models.request import strict_tools
from pointsman.tools.models.strict import complexity, strict

from .asked import said


def of(**members: Json) -> JsonObject:
    return {"type": "object", "properties": members, "additionalProperties": False}


SAYABLE: list[JsonObject] = [
    of(),
    of(town={"type": "string", "minLength": 2, "pattern": "^[A-Z]", "description": "Where."}),
    of(day={"type": "string", "format": "date"}, card={"type": "string", "format": "credit-card"}),
    of(age={"type": "integer", "minimum": 0, "maximum": 130, "title": "Age", "$comment": "in years"}),
    of(towns={"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4, "uniqueItems": True}),
    of(pairs={"type": "array", "items": {"type": "number"}, "minItems": 2}),
    of(kind={"type": "string", "enum": ["rain", "sun", None]}, one={"const": 1}),
    of(maybe={"type": ["string", "null"], "maxLength": 9}, only={"type": ["boolean"]}),
    of(either={"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}),
    of(either={"anyOf": [{"type": "null"}, of(a={"type": "number"})], "description": "One of two."}),
    {**of(a={"type": "string"}, b={"type": "string"}), "required": ["b"], "dependentRequired": {"a": ["b"]}},
    {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "null"}}}}},
    {**of(a={"$ref": "#/$defs/a~1b", "description": "Here."}), "$defs": {"a/b": {"type": "string", "maxLength": 3}}},
    {**of(a={"type": "string"}), "$schema": "https://json-schema.org/draft/2020-12/schema", "minProperties": 1},
]
UNSAYABLE: list[JsonObject] = [
    {},
    {"type": "string"},
    {"type": "object"},
    {"type": "object", "additionalProperties": {"type": "string"}},
    {**of(a={"type": "string"}), "additionalProperties": True},
    {**of(a={"type": "string"}), "required": ["b"]},
    {**of(), "patternProperties": {"^x": {"type": "string"}}},
    of(anything={}),
    of(anything=True),
    of(anything={"description": "whatever"}),
    of(list={"type": "array"}),
    of(pair={"type": "array", "prefixItems": [{"type": "string"}], "items": False}),
    of(open={"type": ["object", "null"]}),
    of(odd={"enum": [{"a": 1}]}),
    of(odd={"type": "colour"}),
    of(self={"$ref": "#"}),
    of(far={"$ref": "https://example.org/a.json"}),
    of(gone={"$ref": "#/$defs/gone"}),
    {**of(a={"$ref": "#/$defs/a", "maxLength": 2}), "$defs": {"a": {"type": "string", "maxLength": 3}}},
    {**of(a={"$ref": "#/$defs/a"}), "$defs": {"a": of(a={"$ref": "#/$defs/a"})}},
    of(**{f"m{number}": cast("Json", {"type": "null"}) for number in range(STRICT_NODES)}),
]


@pytest.mark.parametrize("schema", SAYABLE, ids=range(len(SAYABLE)))
def test_what_can_be_said_is_as_the_sdk_and_the_api_want_it(schema: JsonObject) -> None:
    from anthropic import transform_schema

    written = strict(schema)
    assert written is not None
    assert transform_schema(cast("dict[str, Any]", written)) == written
    tool: JsonObject = {"name": "a", "description": "A.", "input_schema": written, "strict": True}
    check({"model": "claude-opus-5-5", "max_tokens": 1, "messages": [said("?")], "tools": [tool]})


@pytest.mark.parametrize("schema", UNSAYABLE, ids=range(len(UNSAYABLE)))
def test_what_cannot_be_said_is_offered_whole(schema: JsonObject) -> None:
    assert strict(schema) is None
    (tool,) = strict_tools((Offered("a", "A.", schema),))
    assert tool == {"name": "a", "description": "A.", "input_schema": schema}


def test_what_a_model_cannot_be_held_to_is_told_in_the_description() -> None:
    written = strict(of(town={"type": "string", "minLength": 2, "description": "Where."}))
    assert written == {
        **of(town={"type": "string", "description": 'Where.\n\nMust also fit: {"minLength":2}'}),
        "required": [],
    }


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (SAYABLE[1], {"town": "Ghent"}),
        (SAYABLE[5], {"pairs": [1, 2.5]}),
        (SAYABLE[7], {"maybe": None, "only": True}),
        (SAYABLE[8], {"either": "a"}),
        (SAYABLE[12], {"a": "abc"}),
    ],
)
def test_what_fits_the_whole_schema_can_be_written_under_the_strict_one(schema: JsonObject, value: JsonObject) -> None:
    assert jsonschema_rs.is_valid(schema, value)
    assert jsonschema_rs.is_valid(cast("JsonObject", strict(schema)), value)


def test_the_numbers_of_strict_tools_and_of_what_is_in_them_stay_within_the_limits() -> None:
    many = tuple(Offered(f"t{number}", "T.", of()) for number in range(25))
    assert [tool.get("strict", False) for tool in strict_tools(many)] == [True] * 20 + [False] * 5
    optional = {f"m{number}": cast("Json", {"type": "null"}) for number in range(13)}
    pair = strict_tools((Offered("a", "A.", of(**optional)), Offered("b", "B.", of(**optional)), many[0]))
    assert [tool.get("strict", False) for tool in pair] == [True, False, True]
    unions = {f"m{number}": cast("Json", {"type": ["string", "null"]}) for number in range(17)}
    wide = {**of(**unions), "required": cast("Json", list(unions))}
    assert complexity(cast("JsonObject", strict(wide))) == (0, 17)
    assert "strict" not in strict_tools((Offered("a", "A.", wide),))[0]

"""Schemas of OpenAPI 3.0 and 3.1 as JSON Schema 2020-12 without references."""

from __future__ import annotations

from typing import Literal

import pytest

from pointsman.contracts.schema_rules import faults_of
from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.openapi.references import LeftOut
from pointsman.tools.openapi.schemas import Schemas

ROOT: JsonObject = {
    "components": {
        "schemas": {
            "Name": {"type": "string", "description": "A name."},
            "Pet": {"type": "object", "properties": {"name": {"$ref": "#/components/schemas/Name"}}},
            "Tree": {
                "type": "object",
                "properties": {"kids": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
            },
            "Wood": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        }
    }
}
NAME: JsonObject = {"$ref": "#/components/schemas/Name"}


def read(schema: Json, *, older: bool = True, use: Literal["request", "response"] = "request") -> Json:
    found = Schemas(ROOT, older=older).read(schema, use)
    assert faults_of(found) == ()
    return found


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": "string", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "string", "enum": [None], "nullable": True}, {"type": ["string", "null"], "enum": [None]}),
        (
            {"allOf": [{"type": "string"}], "nullable": True},
            {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]},
        ),
        ({"nullable": True}, {}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
        ({"type": "number", "maximum": 9, "exclusiveMaximum": False}, {"type": "number", "maximum": 9}),
        ({"type": "number", "exclusiveMaximum": True}, {"type": "number"}),
        ({"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
        (
            {"type": "string", "format": "int64", "xml": {"name": "a"}, "x-order": 1},
            {"type": "string", "format": "int64"},
        ),
        (
            {"properties": {"nullable": {"type": "string"}, "example": {"nullable": True, "type": "string"}}},
            {"properties": {"nullable": {"type": "string"}, "example": {"type": ["string", "null"]}}},
        ),
        ({"enum": [{"nullable": True, "x-a": 1}]}, {"enum": [{"nullable": True, "x-a": 1}]}),
        ({"default": {"example": 1}}, {"default": {"example": 1}}),
        ({**NAME, "description": "Ignored."}, {"type": "string", "description": "A name."}),
        (
            {"discriminator": {"propertyName": "a"}, "oneOf": [NAME]},
            {"oneOf": [{"type": "string", "description": "A name."}]},
        ),
    ],
)
def test_what_3_0_says_otherwise_is_translated(older: Json, newer: Json) -> None:
    assert read(older) == newer


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"type": ["string", "null"], "exclusiveMinimum": 3}, {"type": ["string", "null"], "exclusiveMinimum": 3}),
        ({**NAME, "description": "The pet's."}, {"type": "string", "description": "The pet's."}),
        (
            {**NAME, "minLength": 2, "allOf": [{"maxLength": 3}]},
            {"minLength": 2, "allOf": [{"type": "string", "description": "A name."}, {"maxLength": 3}]},
        ),
        ({**NAME, "x-note": 1}, {"type": "string", "description": "A name."}),
        ({"$schema": "https://spec.openapis.org/oas/3.1/dialect/base", "$defs": {"a": True}}, {}),
        (
            {"prefixItems": [NAME], "items": False},
            {"prefixItems": [{"type": "string", "description": "A name."}], "items": False},
        ),
        ({"dependentRequired": {"x-a": ["example"]}}, {"dependentRequired": {"x-a": ["example"]}}),
        (
            {"if": {"required": ["a"]}, "then": NAME},
            {"if": {"required": ["a"]}, "then": {"type": "string", "description": "A name."}},
        ),
    ],
)
def test_3_1_is_taken_as_it_is_but_for_references(said: Json, meant: Json) -> None:
    assert read(said, older=False) == meant


def test_what_is_read_only_is_not_sent_and_what_is_written_only_need_not_come() -> None:
    schema: JsonObject = {
        "properties": {"id": {"readOnly": True}, "pin": {"writeOnly": True}, "a": {}},
        "required": ["id", "pin", "a"],
    }
    assert read(schema) == {"properties": {"pin": {"writeOnly": True}, "a": {}}, "required": ["pin", "a"]}
    assert read(schema, use="response") == {
        "properties": {"id": {"readOnly": True}, "a": {}},
        "required": ["id", "a"],
    }
    assert read({"properties": {"id": {"readOnly": True}}}) == {"properties": {}}


def test_a_reference_is_read_once() -> None:
    schemas = Schemas(ROOT, older=False)
    pet: JsonObject = {"$ref": "#/components/schemas/Pet"}
    first, second = schemas.read({"allOf": [pet]}, "request"), schemas.read({"allOf": [pet]}, "request")
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert isinstance(first["allOf"], list)
    assert isinstance(second["allOf"], list)
    assert first["allOf"][0] is second["allOf"][0]


def test_what_contains_itself_is_left_out_wherever_it_is_met() -> None:
    schemas = Schemas(ROOT, older=False)
    for name in ("Wood", "Tree", "Wood"):
        with pytest.raises(LeftOut, match="the schema `#/components/schemas/Tree` contains itself"):
            schemas.read({"$ref": f"#/components/schemas/{name}"}, "request")
    assert schemas.read(NAME, "request") == {"type": "string", "description": "A name."}


def test_a_schema_that_is_nested_too_deep_is_left_out() -> None:
    schema: Json = True
    for _ in range(100):
        schema = {"not": schema}
    with pytest.raises(LeftOut, match="nested deeper than 64"):
        read(schema)

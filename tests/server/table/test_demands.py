"""What an event demands, in lines a reviewer reads."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.table.demands import demands, described


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string", "maxLength": 40}, "text, at most 40 characters"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 9.5}, "number, at least 0, less than 9.5"),
        (
            {"enum": ["standard", "short_pay"], "description": "How it is paid."},
            "one of standard, short_pay (How it is paid.)",
        ),
        ({"type": ["string", "null"], "format": "date"}, "text or nothing, a date"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 1}, "list, at least 1 items, each whole number"),
        ({"const": True}, "exactly true"),
        ({"type": "string", "pattern": "^A"}, "text, like ^A"),
        ({}, "anything"),
        (True, "anything"),
        (False, "nothing"),
        ({"type": "object", "required": ["a"]}, 'object, {"required": ["a"]}'),
    ],
)
def test_a_schema_is_said_in_words_and_what_has_none_is_left_as_it_is(schema: Json, said: str) -> None:
    assert described(schema) == said


def test_every_argument_is_named_with_whether_it_must_be_given() -> None:
    schema: JsonObject = {"properties": {"b": {"type": "boolean"}, "a": {}}, "required": ["a"]}
    assert list(demands(schema)) == [("b", "optional", "true or false"), ("a", "required", "anything")]
    assert list(demands({"type": "object"})) == []

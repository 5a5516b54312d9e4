"""Values against schemas: every problem with its path, in words that tell nobody else's values."""

from __future__ import annotations

import math
import time

import pytest

from pointsman.contracts.bounds import SAFE_INTEGER, UNMET
from pointsman.contracts.near import near
from pointsman.contracts.problems import join
from pointsman.contracts.schema_rules import SchemaFault, faults_of, inner_schema, subschemas
from pointsman.contracts.schemas import Contract, InvalidSchema, Schema, Unmet
from pointsman.contracts.values import Json, JsonObject

INVOICE: JsonObject = {
    "type": "object",
    "properties": {
        "total": {"type": "number", "minimum": 0},
        "vendor_name": {"type": "string", "minLength": 1},
        "line_items": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
        },
        "a b": {"type": "object", "required": ["c d"]},
    },
    "required": ["total"],
    "additionalProperties": False,
}


def test_what_meets_the_contract_has_no_problems() -> None:
    assert Contract(INVOICE).unmet({"total": 1, "line_items": [{"sku": "A"}]}) == ()


def test_a_missing_property_is_named_with_its_path_and_schema() -> None:
    unmet = Contract(INVOICE).unmet({"line_items": [{}], "a b": {}})
    assert set(map(repr, unmet)) == {
        repr(Unmet("total", "is missing", missing=True, schema={"type": "number", "minimum": 0})),
        repr(Unmet("line_items[0].sku", "is missing", missing=True, schema={"type": "string"})),
        repr(Unmet('["a b"]["c d"]', "is missing", missing=True)),
    }


def test_an_unknown_property_is_named_with_the_near_one() -> None:
    unmet = Contract(INVOICE).unmet({"total": 1, "vendor_nam": "x", "zzz": 1})
    assert [(one.path, one.problem, one.missing) for one in unmet] == [
        ("vendor_nam", "is not expected here; did you mean vendor_name?", False),
        ("zzz", "is not expected here", False),
    ]


def test_an_unknown_property_of_a_schema_without_properties_has_no_near_one() -> None:
    assert Schema({"unevaluatedProperties": False}).unmet({"a": 1}) == (
        Unmet("a", "is not expected here", missing=False),
    )


def test_a_path_begins_where_the_caller_says() -> None:
    assert [one.path for one in Schema({"type": "array", "items": {"type": "string"}}).unmet([1], "missing")] == [
        "missing[0]"
    ]


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"type": "number"}, True, "must be a number"),
        ({"type": "integer"}, False, "must be an integer"),
        ({"type": "integer"}, 1.5, "must be an integer"),
        ({"type": ["object", "null"]}, "x", "must be null or an object"),
        ({"type": "string"}, 1, "must be a string"),
        ({"type": "boolean"}, 1, "must be true or false"),
        ({"enum": ["a", 1, None]}, "b", 'must be "a", 1 or null'),
        ({"enum": []}, 1, "must be one of no values"),
        ({"const": {"a": 1}}, 1, 'must be {"a": 1}'),
        ({"const": "x" * 300}, 1, f'must be "{"x" * 199}…'),
        ({"format": "date"}, "2026-13-01", "must be a valid date"),
        ({"pattern": "^INV-[0-9]+$"}, "X", "must match the pattern ^INV-[0-9]+$"),
        ({"minLength": 1}, "", "must not be empty"),
        ({"minLength": 2}, "", "must have at least 2 characters"),
        ({"maxLength": 2}, "abc", "must have at most 2 characters"),
        ({"minimum": 1}, 0, "must be at least 1"),
        ({"maximum": 1}, 2, "must be at most 1"),
        ({"exclusiveMinimum": 1}, 1, "must be more than 1"),
        ({"exclusiveMaximum": 1}, 1, "must be less than 1"),
        ({"multipleOf": 0.5}, 0.7, "must be a multiple of 0.5"),
        ({"minItems": 1}, [], "must have at least 1 item"),
        ({"minItems": 2}, [], "must have at least 2 items"),
        ({"maxItems": 1}, [1, 2], "must have at most 1 item"),
        ({"maxItems": 2}, [1, 2, 3], "must have at most 2 items"),
        ({"uniqueItems": True}, [1, 1], "must not hold the same item twice"),
        ({"contains": {"type": "string"}}, [1], "does not meet `contains`"),
        ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, "has a name that must match the pattern ^a"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "must fit one of the forms allowed here"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, 1, "must fit exactly one of the forms allowed here"),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1, "must fit exactly one of the forms allowed here"),
        ({"not": {"type": "integer"}}, 1, "must not be of the form that is excluded here"),
        (False, 1, "is not allowed here"),
    ],
)
def test_each_demand_is_put_into_one_short_phrase(schema: Json, value: Json, problem: str) -> None:
    assert [(one.path, one.problem) for one in Schema(schema).unmet(value)] == [("", problem)]


def test_an_unmet_demand_carries_the_schema_it_comes_from() -> None:
    (one,) = Contract(INVOICE).unmet({"total": -1})
    assert one.schema == {"type": "number", "minimum": 0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_lacks_are_refused_with_their_path(value: float) -> None:
    """Fault 14."""
    assert Schema({}).unmet({"a": [1.5, value]}) == (Unmet("a[1]", "must be a finite number", missing=False),)


@pytest.mark.parametrize(("value", "path"), [({"a": "\ud800"}, "a"), ({"\udfff": 1}, "")])
def test_text_that_is_no_unicode_is_refused(value: Json, path: str) -> None:
    assert Schema({}).unmet(value) == (Unmet(path, "is not valid Unicode text", missing=False),)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "integer"}, SAFE_INTEGER, True),
        ({"type": "integer"}, SAFE_INTEGER + 1, False),
        ({}, -SAFE_INTEGER - 1, False),
        ({"type": "integer", "maximum": 2**64}, 2**60, True),
        ({"type": ["integer", "null"], "maximum": 2**64}, 2**60, True),
        ({"type": "integer", "exclusiveMinimum": -(2**64)}, -(2**60), True),
        ({"type": "integer", "maximum": 2**64}, -(2**60), False),
        ({"type": "number", "maximum": 2**64}, 2**60, False),
    ],
)
def test_integers_beyond_2_53_pass_only_where_a_schema_asks_for_them(schema: Json, value: int, fits: bool) -> None:
    """Design, section 12."""
    assert (Schema(schema).unmet(value) == ()) is fits
    inside = Schema({"properties": {"n": schema}, "items": schema, "prefixItems": [schema]})
    assert (inside.unmet({"n": value}) == ()) is fits
    assert (inside.unmet([value, value]) == ()) is fits


def test_no_more_problems_are_listed_than_the_bound() -> None:
    assert len(Schema({"items": {"type": "string"}}).unmet(list[Json]([1] * 1000))) == UNMET
    assert len(Schema({}).unmet(list[Json]([math.nan] * 1000))) == UNMET


def test_a_pattern_that_catches_backtracking_engines_runs_in_linear_time() -> None:
    """Fault 29."""
    begun = time.monotonic()
    assert Schema({"pattern": "^(a+)+$"}).unmet("a" * 50_000 + "b")
    assert time.monotonic() - begun < 2


def doubling(levels: int) -> JsonObject:
    schemas: JsonObject = {"a0": {"type": "string"}}
    for level in range(1, levels + 1):
        schemas[f"a{level}"] = {"anyOf": [{"$ref": f"#/$defs/a{level - 1}"}, {"$ref": f"#/$defs/a{level - 1}"}]}
    return {"$defs": schemas, "$ref": f"#/$defs/a{levels}"}


def chain(length: int) -> JsonObject:
    schemas: JsonObject = {f"a{link}": {"$ref": f"#/$defs/a{link + 1}"} for link in range(length)}
    return {"$defs": {**schemas, f"a{length}": {}}, "$ref": "#/$defs/a0"}


def deep(levels: int) -> Json:
    schema: Json = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


REFUSED: list[tuple[Json, str, tuple[str | int, ...]]] = [
    (3, "PM801", ()),
    ({"type": "strin"}, "PM801", ("type",)),
    ({"properties": {"a": {"maxLength": -1}}}, "PM801", ("properties", "a", "maxLength")),
    ({"$schema": "http://json-schema.org/draft-07/schema#"}, "PM801", ("$schema",)),
    ({"items": {"$id": "https://x/y"}}, "PM801", ("items", "$id")),
    ({"$dynamicRef": "#a"}, "PM801", ("$dynamicRef",)),
    ({"$ref": "#/$defs/none"}, "PM801", ("$ref",)),
    ({"$ref": "#/prefixItems/7", "prefixItems": [{}]}, "PM801", ("$ref",)),
    ({"$ref": "#/title/x", "title": "t"}, "PM801", ("$ref",)),
    ({"$ref": "file:///etc/passwd"}, "PM802", ("$ref",)),
    ({"allOf": [{"$ref": "https://example.com/a.json"}]}, "PM802", ("allOf", 0, "$ref")),
    (doubling(28), "PM803", ()),
    (chain(500), "PM803", ()),
    (deep(200), "PM803", ()),
    ({"pattern": "(?=a)b"}, "PM804", ("pattern",)),
    ({"pattern": r"(a)\1"}, "PM804", ("pattern",)),
    ({"patternProperties": {"(?<!a)b": {}}}, "PM804", ("patternProperties", "(?<!a)b")),
    ({"const": "\ud800"}, "PM801", ()),
    ({"properties": {"\ud800": {}}}, "PM801", ()),
    ({"type": ["string", "float"]}, "PM801", ("type", 1)),
    ({"type": ["string", "string"]}, "PM801", ("type",)),
    ({"pattern": "(((a{1000}){1000}){1000}){1000}"}, "PM804", ("pattern",)),
]


@pytest.mark.parametrize(("schema", "code", "path"), REFUSED)
def test_a_schema_we_do_not_take_is_refused_with_its_place(
    schema: Json, code: str, path: tuple[str | int, ...]
) -> None:
    """Faults 29 and 30: refused, and nothing is fetched."""
    assert [(fault.code, fault.path) for fault in faults_of(schema)] == [(code, path)]
    with pytest.raises(InvalidSchema):
        Schema(schema).unmet(1)


def test_every_fault_of_a_schema_is_found_at_once() -> None:
    """One run of `check` finds them all."""
    schema: Json = {
        "type": "strin",
        "minLength": -1,
        "items": {"type": ["txt", "float"], "pattern": "(?=a)"},
        "patternProperties": {"(?<!a)b": {"pattern": "["}},
    }
    assert {(fault.code, fault.path, fault.hint) for fault in faults_of(schema)} == {
        ("PM801", ("items", "type", 0), "There are: string, number, integer, boolean, object, array, null."),
        ("PM801", ("items", "type", 1), "Did you mean `number`?"),
        ("PM801", ("minLength",), None),
        ("PM801", ("type",), "Did you mean `string`?"),
        ("PM804", ("patternProperties", "(?<!a)b"), LINEAR),
        ("PM804", ("items", "pattern"), LINEAR),
        ("PM804", ("patternProperties", "(?<!a)b", "pattern"), LINEAR),
    }


LINEAR = "Look-around and back-references are not available; patterns run in linear time."

TAKEN: list[Json] = [
    True,
    False,
    {},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://x/y"},
    {"properties": {"$ref": {"type": "string"}, "enum": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}},
    {"const": {"$ref": "file:///x"}, "examples": [{"$ref": "y"}]},
    {"$defs": {"tree": {"properties": {"left": {"$ref": "#/$defs/tree"}}}}, "$ref": "#/$defs/tree"},
    {"properties": {"a": {"$ref": "#"}}},
    {"$ref": "#/prefixItems/0", "prefixItems": [{}]},
    {"$defs": {"a/b~c": {}}, "$ref": "#/$defs/a~1b~0c"},
    chain(40),
]


@pytest.mark.parametrize("schema", TAKEN)
def test_a_schema_with_references_inside_itself_is_taken(schema: Json) -> None:
    assert faults_of(schema) == ()
    Schema(schema).unmet({})


def test_a_contract_can_be_asked_whether_it_is_one() -> None:
    Contract({"type": "object"}).require_valid()
    with pytest.raises(InvalidSchema, match="there is no type `thing`"):
        Contract({"type": "thing"}).require_valid()


def test_the_schema_of_a_part_is_found_through_references() -> None:
    document: JsonObject = {
        "$defs": {"line": {"properties": {"sku": {"type": "string"}}}, "loop": {"$ref": "#/$defs/loop"}},
        "properties": {"lines": {"items": {"$ref": "#/$defs/line"}, "prefixItems": [{"type": "null"}]}},
        "additionalProperties": {"type": "boolean"},
    }
    lines = inner_schema(document, document, "lines")
    assert inner_schema(document, inner_schema(document, lines, 1), "sku") == {"type": "string"}
    assert inner_schema(document, lines, 0) == {"type": "null"}
    assert inner_schema(document, document, "other") == {"type": "boolean"}
    assert inner_schema(document, {"$ref": "#/$defs/loop"}, "x") is None


def test_subschemas_are_told_from_data() -> None:
    schema: JsonObject = {"properties": {"type": {"type": "string"}}, "enum": [{"type": "x"}], "allOf": [{"not": {}}]}
    assert [path for path, _ in subschemas(schema)] == [(), ("properties", "type"), ("allOf", 0), ("allOf", 0, "not")]


def test_paths_are_written_as_people_read_them() -> None:
    assert join(join(join("", "lines"), 3), "a-b") == 'lines[3]["a-b"]'
    assert len(join("", "x" * 100_000)) < 200


def test_no_near_name_is_sought_for_a_name_that_is_too_long() -> None:
    assert near("vendr", ["vendor"]) == "vendor"
    assert near("v" * 100_000, ["v" * 99_999]) is None


def test_among_many_names_only_those_are_compared_that_begin_alike() -> None:
    assert near("vendr", [f"v{index:05}" for index in range(1000)] + ["vendor"]) is None
    assert near("vendr", [f"x{index:05}" for index in range(1000)] + ["vendor"]) == "vendor"


def test_a_fault_is_an_error_of_the_schema_unless_it_says_more() -> None:
    assert SchemaFault((), "x").code == "PM801"

"""Canonical text: RFC 8785, but integers keep all their digits."""

from __future__ import annotations

import json
import math
import struct
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.values import (
    Json,
    as_list,
    as_object,
    as_objects,
    canonical,
    digest,
    digest_text,
    settled,
)

NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_float_is_written_as_ecmascript_does(bits: str, text: str) -> None:
    """RFC 8785, appendix B."""
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == text
    assert canonical([value]) == f"[{text}]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (295147905179352830000, "295147905179352830000"),
        (2**64 + 1, "18446744073709551617"),
        (float(2**68), "295147905179352825856"),
        (0.0001, "0.0001"),
        (0.00001, "0.00001"),
        (-0.000012, "-0.000012"),
        (1e16, "10000000000000000"),
        (2.0, "2"),
    ],
)
def test_an_integer_keeps_all_its_digits_however_it_is_written(value: float, text: str) -> None:
    """Our one difference from RFC 8785: a float without a fraction is the integer it will be read back as."""
    assert canonical(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="has no JSON text"):
        canonical({"a": [value]})


def test_keys_are_sorted_by_utf16_code_units() -> None:
    """RFC 8785, section 3.2.3."""
    value: Json = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert [json.loads(f'"{part}"') for part in ("\\r", "1", "\\u0080", "\\u00f6", "\\u20ac", "\\ud83d\\ude00")] == [
        key for key in json.loads(canonical(value)) if key != "\ufb33"
    ]
    assert list(json.loads(canonical(value)))[-1] == "\ufb33"


def test_strings_are_escaped_no_more_than_json_demands() -> None:
    """RFC 8785, section 3.2.2.2."""
    assert canonical("\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u2028/") == (
        '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"\u2028/"'
    )


@settings(deadline=None)
@given(json_values)
def test_canonical_text_reads_back_as_the_settled_value(value: Json) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)
    assert canonical(settled(value)) == canonical(value)


@settings(deadline=None)
@given(json_values, json_values)
def test_values_with_one_text_are_equal_once_settled(one: Json, other: Json) -> None:
    if canonical(one) == canonical(other):
        assert settled(one) == settled(other)


def test_settled_numbers_are_what_a_store_gives_back() -> None:
    assert settled({"a": [2.0, 2.5, 1e300, True, None, "x"]}) == {"a": [2, 2.5, 1e300, True, None, "x"]}
    assert [type(item) for item in [settled(2.0), settled(1e300)]] == [int, float]


def test_a_digest_is_that_of_the_canonical_text() -> None:
    assert digest({"b": 1, "a": 2.0}) == digest_text('{"a":2,"b":1}')
    assert digest_text("").startswith("sha256:e3b0c44298fc1c149afbf4c8996fb924")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": [1, "x", {"é": 1.5}], "a": True}, '{"a":true,"b":[1,"x",{"é":1.5}]}'),
        ([1e-7, 1.5, "x", None], '[1e-7,1.5,"x",null]'),
        ({"\U0001f600": [1], "\ufb33": {}}, '{"\U0001f600":[1],"\ufb33":{}}'),
    ],
)
def test_plain_and_other_values_are_written_alike(value: Json, text: str) -> None:
    assert canonical(value) == text


def test_any_mapping_has_a_canonical_text() -> None:
    assert canonical(MappingProxyType[str, Json]({"b": 2.0, "a": []})) == '{"a":[],"b":2}'


def test_what_is_no_object_or_no_list_is_taken_for_an_empty_one() -> None:
    assert (as_object({"a": 1}), as_object([{"a": 1}]), as_object(None)) == ({"a": 1}, {}, {})
    assert (as_list([1, {}]), as_list({"a": 1}), as_list("ab")) == ([1, {}], [], [])
    assert (as_objects([{"a": 1}, 2, {}]), as_objects({"a": {}})) == ([{"a": 1}, {}], [])

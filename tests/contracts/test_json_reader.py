"""JSON, strictly: RFC 8259 and RFC 7493."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts import json_reader
from pointsman.contracts.bounds import JSON_DEPTH
from pointsman.contracts.json_reader import INTEGER_DIGITS, Fault, JsonReader, Parsed, deeper_than
from pointsman.contracts.values import Json

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def read(text: str | bytes) -> Parsed | Fault:
    return JsonReader().read(text.encode() if isinstance(text, str) else text)


def fault(text: str | bytes) -> Fault | None:
    found = read(text)
    return found if isinstance(found, Fault) else found.fault


@given(VALUES, st.booleans())
def test_every_json_value_is_read_as_it_was_written(value: Json, ascii_only: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii_only)) == Parsed(value)


@pytest.mark.parametrize(
    ("text", "path", "grammar"),
    [
        ("NaN", "", True),
        ('{"a":[0,{"b":Infinity}]}', "a[1].b", True),
        ('{"a":-Infinity}', "a", True),
        ('{"a":1e999}', "a", False),
        ('{"a":-1e999}', "a", False),
        ('{"a":[' + "9" * (INTEGER_DIGITS + 1) + "]}", "a[0]", False),
        ('{"a":1,"b":{"c":1,"d":2,"c":3}}', "b.c", False),
        ('{"a":"x","a":"x"}', "a", False),
        ('{"a":"\\ud800"}', "a", False),
        ('{"a":"\\uDFFF\\ud83d"}', "a", False),
        ('{"a":{"\\ud800":1}}', "a", False),
        ('{"odd name":NaN}', '["odd name"]', True),
        ('{"a":{"\\u0000":NaN}}', 'a["\\u0000"]', True),
    ],
)
def test_a_fault_is_found_with_its_path(text: str, path: str, grammar: bool) -> None:
    found = fault(text)
    assert found is not None
    assert (found.path, found.grammar) == (path, grammar)
    assert found.message.startswith(f"{path}: " if path else found.problem)


def test_the_first_fault_of_the_text_is_told() -> None:
    found = fault('{"a":{"b":[1e999]},"c":NaN,"a2":1}')
    assert found is not None
    assert found.path == "a.b[0]"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "{'a':1}", "01", "+1", "1.", ".5", "nan", '"a\nb"', '"\x00"', "[1] 2", '"\\x41"', "﻿1", "tru"],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert found.grammar


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xf5\x80\x80\x80"', b"\xfe\xff\x001"])
def test_bytes_that_are_no_utf_8_are_refused(text: bytes) -> None:
    found = fault(text)
    assert found is not None
    assert found.grammar


def test_emoji_in_escapes_are_read() -> None:
    assert read('"\\ud83d\\ude00"') == Parsed("\U0001f600")


def test_an_integer_of_as_many_digits_as_the_bound_is_read() -> None:
    assert fault("9" * INTEGER_DIGITS) is None


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_nesting_up_to_the_bound_is_read_and_one_more_is_not() -> None:
    assert fault(nested(JSON_DEPTH)) is None
    assert fault(nested(JSON_DEPTH + 1)) == Fault(f"nested more than {JSON_DEPTH} deep")
    assert fault("[" * 100_000) is not None
    assert JsonReader(2).read(nested(3).encode()) == Fault("nested more than 2 deep")


def test_a_text_that_the_stack_has_no_room_for_is_a_fault_as_well() -> None:
    """Whoever asks may be deep in calls already."""
    reader, text = JsonReader(), nested(JSON_DEPTH).encode()

    def read_at_the_end() -> Parsed | Fault:
        try:
            return read_at_the_end()
        except RecursionError:
            return reader.read(text)

    assert isinstance(reader.read(text), Parsed)
    assert read_at_the_end() == Fault(f"nested more than {JSON_DEPTH} deep")


def test_brackets_in_strings_nest_nothing() -> None:
    assert fault(json.dumps("[{" * 1000)) is None
    assert fault(json.dumps({'"[' * 100: '\\"[' * 100})) is None


@given(VALUES)
def test_depth_is_told_without_parsing(value: Json) -> None:
    def depth(value: Json) -> int:
        if isinstance(value, dict):
            return 1 + max(map(depth, value.values()), default=0)
        return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0

    text = json.dumps(value).encode()
    assert not deeper_than(text, depth(value))
    assert depth(value) == 0 or deeper_than(text, depth(value) - 1)


@pytest.mark.parametrize(
    "text",
    ["[" * 4_000_000, '"' + '\\"' * 2_000_000, '["",' * 1_000_000, "[[]," * 1_000_000, '{"a":' + "1" * 4_000_000 + "}"],
    ids=["brackets", "escapes", "strings", "lists", "digits"],
)
def test_the_worst_lines_are_judged_within_a_second(text: str) -> None:
    before = time.process_time()
    assert fault(text) is not None
    assert time.process_time() - before < 1


def test_a_reader_forgets_the_fault_of_the_line_before() -> None:
    reader = JsonReader()
    assert reader.read(b"[NaN]") != Parsed([1])
    assert reader.read(b"[1]") == Parsed([1])


def test_a_path_is_bounded() -> None:
    found = fault(json.dumps({"k" * 100_000: 1})[:-1] + ',"' + "k" * 100_000 + '":2}')
    assert found is not None
    assert len(found.message) < 300


def test_a_depth_that_python_cannot_read_is_a_fault_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_reader, "JSON_DEPTH", 1_000_000)
    assert isinstance(read("[" * 500_000), Fault)

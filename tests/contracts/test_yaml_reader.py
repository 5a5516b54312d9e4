"""YAML 1.2 and JSON into a tree with positions; hostile text is refused with a finding."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.bounds import FILE_BYTES, FILE_DEPTH, FILE_LINES, FILE_NODES, FINDINGS
from pointsman.contracts.findings import Findings
from pointsman.contracts.positions import Mapping, Place, Scalar, Sequence, node_at, place_of, place_of_key, plain
from pointsman.contracts.values import Json
from pointsman.contracts.yaml_reader import decode, parse


def read(text: str) -> Json:
    findings = Findings("w.yaml")
    root = parse(text, findings)
    assert findings.sorted() == ()
    assert root is not None
    return plain(root)


def faults(text: bytes | str) -> list[tuple[str, int, int]]:
    """The findings of a text, as code, line and column."""
    findings = Findings("w.yaml")
    decoded = decode(text, findings)
    if decoded is not None:
        parse(decoded, findings)
    return [(found.code, found.line, found.column) for found in findings.sorted()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-05-02", "2026-05-02"),
        ("2026-05-02T10:00:00Z", "2026-05-02T10:00:00Z"),
        ("12:30", "12:30"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-0", 0),
        ("012", 12),
        ("0o17", 15),
        ("0xFF", 255),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"a\\u00e9\\/"', "aé/"),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("'it''s'", "it's"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: Json) -> None:
    """YAML 1.2.2, section 10.3.2; dates and times stay strings (workflow format)."""
    assert read(f"a: {text}") == {"a": value}


def test_block_scalars_are_text() -> None:
    assert read("a: |\n  12\n  13\nb: >-\n  x\n  y\nc:\n") == {"a": "12\n13\n", "b": "x y", "c": None}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("1: a\ntrue: b\n~: c\n2026-05-02: d\n") == {"1": "a", "true": "b", "~": "c", "2026-05-02": "d"}


json_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=30), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(json_documents)
def test_a_json_document_reads_as_the_same_value(value: Json) -> None:
    findings = Findings("w.json")
    root = parse(json.dumps(value), findings)
    assert root is not None
    assert plain(root) == value


def test_every_key_and_value_knows_its_place() -> None:
    findings = Findings("w.yaml")
    root = parse("a:\n  - b: {c: 'd'}\n  - e\n", findings)
    assert root is not None
    assert place_of(root, ("a",)) == Place(2, 3)
    assert place_of_key(root, ("a",)) == Place(1, 1)
    assert place_of(root, ("a", 0, "b", "c")) == Place(2, 12)
    assert place_of_key(root, ("a", 0, "b", "c")) == Place(2, 9)
    assert place_of_key(root, ("a", 1)) == Place(3, 5)
    assert place_of(root, ("a", 1, "to")) == Place(3, 5)
    assert place_of(root, ("a", 7)) == Place(2, 3)
    assert place_of_key(root, ("none",)) == Place(1, 1)
    node = node_at(root, ("a", 0, "b", "c"))
    assert isinstance(node, Scalar)
    assert (node.text, node.plain, node.flow, node.block, node.end) == ("d", False, True, False, Place(2, 15))
    assert isinstance(node_at(root, ("a",)), Sequence)
    assert isinstance(root, Mapping)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a: \xff", [("PM101", 1, 4)]),
        ("\ufeffa: 1".encode("utf-16-le"), [("PM101", 1, 1)]),
        ("a: 1\nb: é".encode("latin-1"), [("PM101", 2, 4)]),
        ("a: 1\nb: \0", [("PM101", 2, 4)]),
        ("a: \x1b[31m", [("PM101", 1, 4)]),
        ("a: \ud800", [("PM101", 1, 4)]),
        ("a: \x80", [("PM101", 1, 4)]),
        ('a: b\nc: "\\UFFFFFFFF"', [("PM102", 2, 2)]),
        ('a: "\\U00110000"', [("PM102", 1, 2)]),
        ("%YAML 1.999999999999\n---\na", [("PM102", 1, 1)]),
        ("%YAML " + "9" * 5000 + ".1\n---\na", [("PM102", 1, 1)]),
        ("a: !<%ff> b", [("PM102", 1, 6)]),
        ('a: "\\ud800"', [("PM101", 1, 4)]),
        ("\ufeffa: 1", [("PM106", 1, 1)]),
        ("", [("PM102", 1, 1)]),
        ("# only a comment\n", [("PM102", 1, 1)]),
        ("a: [1, 2", [("PM102", 1, 9)]),
        ("a:\n\t- b", [("PM102", 2, 1)]),
        ("a: b: c", [("PM102", 1, 5)]),
        ("a: 'x", [("PM102", 1, 6)]),
        ("a: @x", [("PM102", 1, 4)]),
        ("a: {to: x, when: size(a, b) > [1]}", [("PM102", 1, 31)]),
        ("a: {when: !record.ok}", [("PM102", 1, 21)]),
        ("a: 1\n---\nb: 2\n", [("PM102", 2, 1)]),
        ("%YAML 1.1\n---\na: 1\n", [("PM104", 2, 1)]),
        ("%TAG ! tag:x,2026:\n---\na: 1\n", [("PM104", 2, 1)]),
        ("a: 1\nb: 2\na: 3\n", [("PM103", 3, 1)]),
        ("a: {b: 1, b: 2}", [("PM103", 1, 11)]),
        ('{"a": 1, "a": 2}', [("PM103", 1, 10)]),
        ("a: &x 1", [("PM104", 1, 4)]),
        ("a: &x 1\nb: *x\n", [("PM104", 1, 4), ("PM104", 2, 4)]),
        ("a: &x [1]\n", [("PM104", 1, 4)]),
        ("a: !!python/object/apply:os.system [id]", [("PM104", 1, 4)]),
        ("a: !record.ok", [("PM104", 1, 4)]),
        ("a: !!str 1", [("PM104", 1, 4)]),
        ("a: .inf", [("PM107", 1, 4)]),
        ("a: -.INF", [("PM107", 1, 4)]),
        ("a: .NaN", [("PM107", 1, 4)]),
        ("a: 1e999", [("PM107", 1, 4)]),
        ("? [a]\n: b\n", [("PM107", 1, 3)]),
        ("? {a: b}\n: c\nd: e", [("PM107", 1, 3)]),
    ],
)
def test_what_is_no_workflow_text_is_found_at_its_place(
    text: bytes | str, expected: list[tuple[str, int, int]]
) -> None:
    """Faults 16 and 27."""
    assert faults(text) == expected


def test_a_yaml_1_2_directive_is_allowed() -> None:
    assert read("%YAML 1.2\n---\na: 1\n") == {"a": 1}


def test_a_tagged_value_is_read_as_the_text_that_was_meant() -> None:
    findings = Findings("w.yaml")
    root = parse("a: !record.ok\nb: !x y\n", findings)
    assert root is not None
    assert plain(root) == {"a": "!record.ok", "b": "!x y"}


def bomb() -> str:
    levels = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10))
    return f"a0: &a0 [lol]\n{levels}\n"


HOSTILE: dict[str, tuple[Callable[[], str], str]] = {
    "an anchor bomb": (bomb, "PM104"),
    "deep brackets": (lambda: "[" * 400_000, "PM105"),
    "deep dashes": (lambda: "- " * 400_000, "PM105"),
    "deep questions": (lambda: "? " * 400_000, "PM105"),
    "deep mappings": (lambda: "{a: " * 100_000, "PM105"),
    "many lines": (lambda: "a: 1\n" * (FILE_LINES + 1), "PM105"),
    "many empty lines": (lambda: "a: |\n" + "\n" * 900_000 + "  b", "PM105"),
    "an endless string": (lambda: 'a: "' + "x" * 900_000, "PM102"),
    "an integer of many digits": (lambda: "a: " + "9" * 900_000, "PM107"),
    "a million bytes and one": (lambda: "a: " + "x" * FILE_BYTES, "PM105"),
    "a key as long as the file": (lambda: "x" * 900_000 + ": 1", "PM102"),
    "many anchors": (lambda: "\n".join(f"a{index}: &b{index} x" for index in range(20_000)), "PM104"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_soon(name: str) -> None:
    """Fault 27. The bound is generous: what must not happen is minutes and gigabytes."""
    make, code = HOSTILE[name]
    text = make()
    begun = time.monotonic()
    found = faults(text)
    assert time.monotonic() - begun < 60
    assert len(found) <= FINDINGS
    assert {one for one, _, _ in found} == {code}


def test_the_bounds_are_those_of_the_documentation() -> None:
    assert faults("[" * FILE_DEPTH + "]" * FILE_DEPTH) == []
    assert faults("[" * (FILE_DEPTH + 1)) == [("PM105", 1, FILE_DEPTH + 1)]


@pytest.mark.slow
def test_a_file_may_have_as_many_nodes_as_the_documentation_says() -> None:
    assert faults("[" + "1," * (FILE_NODES - 1) + "]") == []
    assert [code for code, _, _ in faults("[" + "1," * FILE_NODES + "]")] == ["PM105"]
    keys = ",".join(f"k{index}: 1" for index in range(90_000))
    assert [code for code, _, _ in faults("{" + keys + "}")] == ["PM105"]


def test_nodes_are_counted_before_anything_is_made_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.contracts.yaml_reader.FILE_NODES", 5)
    assert faults("[1, 2, {a: 3}]") == [("PM105", 1, 12)]
    assert faults("[1, 2, {}]") == []


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None)) | st.binary())
def test_no_text_makes_the_reader_raise(text: str | bytes) -> None:
    assert all(line >= 1 and column >= 1 for _, line, column in faults(text))


@settings(deadline=None)
@given(st.text(alphabet="ab:{}[],-?!&*|>'\"#%@` \n\t~=1.\\"))
def test_no_punctuation_makes_the_reader_raise(text: str) -> None:
    assert all(line >= 1 and column >= 1 for _, line, column in faults(text))

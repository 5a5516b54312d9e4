"""A character of a text is found where it is written, in every style of YAML and in JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.findings import Findings
from pointsman.contracts.positions import Place, Scalar, lines_of, node_at
from pointsman.contracts.scalar_places import place_in
from pointsman.contracts.yaml_reader import parse


def scalar_of(text: str) -> Scalar:
    root = parse(text, Findings("w.yaml"))
    assert root is not None
    node = node_at(root, ("a",))
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    "text",
    [
        "a: one X two\n",
        "a: 'it''s X'\n",
        'a: "\\u00e9\\x41\\U0001f600\\t\\"X"\n',
        '{"a": "\\ud83d\\ude00 X"}',
        "a:   one\n     X two\n",
        "a: 'one\n\n  X'\n",
        'a: "one\\\n   X"\n',
        'a: "one\n   two X"\n',
        "a: |\n  one\n  X\n",
        "a: |\n  one\n\n\n    X\n",
        "a: |2\n    one\n  X\n",
        "a: >-\n  one\n  X\n  two\n",
        "a: >\n\n  one\n\n  X\n",
        "b:\n  - c\na: |-\r\n  one\r\n  X",
    ],
)
def test_it_is_found_in_every_style(text: str) -> None:
    scalar = scalar_of(text)
    place = place_in(lines_of(text), scalar, scalar.text.index("X"))
    assert lines_of(text)[place.line - 1][place.column - 1 :][:1] == "X"


def test_the_place_behind_a_text_is_its_end() -> None:
    assert place_in(("a: 'xy'",), scalar_of("a: 'xy'"), 2) == Place(1, 7)


@pytest.mark.parametrize(("text", "offset"), [("a: !x   y", 3), ("a: !x\n  y z", 4)])
def test_what_is_written_in_an_unforeseen_way_is_found_at_its_beginning(text: str, offset: int) -> None:
    scalar = scalar_of(text)
    assert place_in(("a: #",), scalar, offset) == scalar.place


@settings(deadline=None)
@given(st.text(alphabet="ab \t\"'\\é😀\n", max_size=30), st.booleans())
def test_in_json_it_is_always_found(before: str, ascii_only: bool) -> None:
    text = json.dumps({"a": f"{before}X"}, ensure_ascii=ascii_only)
    place = place_in((text,), scalar_of(text), len(before))
    assert (place.line, text[place.column - 1]) == (1, "X")

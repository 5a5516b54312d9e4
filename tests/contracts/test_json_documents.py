"""JSON with the same keys is the same document: the same findings, each at its line and column."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from pointsman.contracts.findings import Finding, Findings
from pointsman.contracts.loading import check, load
from pointsman.contracts.positions import lines_of, plain
from pointsman.contracts.yaml_reader import parse
from tests.contracts.files import ALL_FILES, EXAMPLES
from tests.contracts.invoice import FILE
from tests.contracts.test_seeded_mistakes import MISTAKES

OF_YAML = "PM10"
"""How the codes begin that tell what is wrong with YAML itself, which JSON cannot have."""
TEXTS = [
    *(pytest.param(text, "example.yaml", id=name) for name, text in EXAMPLES.items() if not name.startswith(OF_YAML)),
    *(
        pytest.param(mistake.text, FILE, id=mistake.name)
        for mistake in MISTAKES
        if not any(code.startswith(OF_YAML) for code in (mistake.code, *mistake.also))
    ),
]


def as_json(text: str, indent: int | str | None, *, ascii_only: bool = True) -> str:
    root = parse(text, Findings("w.yaml"))
    return json.dumps(None if root is None else plain(root), indent=indent, ensure_ascii=ascii_only)


def said(found: tuple[Finding, ...]) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.message) for one in found)


@pytest.mark.parametrize(("text", "file"), TEXTS)
def test_it_has_the_findings_of_the_same_yaml(text: str, file: str) -> None:
    found = check(text, file)
    for indent in (None, "\t"):
        written = as_json(text, indent, ascii_only=indent is None)
        again = check(written, file)
        assert said(again) == said(found)
        lines = lines_of(written)
        for one in again:
            assert lines[one.line - 1][one.column - 1 : one.column] not in {"", " ", "\t", ",", ":"}, one


@pytest.mark.parametrize("path", ALL_FILES)
def test_every_file_of_the_repository_can_be_json(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert load(as_json(text, "\t"), str(path)).states.keys() == load(text, str(path)).states.keys()


WORKFLOW = """{
\t"workflow": "expense", "version": 1,
\t"record": {"purpose": {"type": "string"}},
\t"initial": "begin",
\t"states": {
\t\t"begin": {"actor": "system", "goal": "\\ud83d\\ude00 \\"go\\"", "next": [
\t\t\t{"to": "pad", "when": "record.purpose == \\"\\ud83d\\ude00\\" && recrod.x"},
\t\t\t{"to": "paid"}]},
\t\t"paid": {"final": "success"}
\t}
}
"""


def test_tabs_escapes_and_halves_of_characters_do_not_move_a_place() -> None:
    assert [(one.code, one.line, one.column) for one in check(WORKFLOW, "w.json")] == [
        ("PM301", 7, 11),
        ("PM404", 7, 65),
    ]
    lines = WORKFLOW.split("\n")
    assert lines[6][64:].startswith("recrod")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n\t"a": 1,\n\t"a": 2\n}', ("PM103", 3, 2)),
        ('{\n\t"a": 1e999\n}', ("PM107", 2, 7)),
        ('{\n "a": "\\ud83d"\n}', ("PM101", 2, 7)),
        ('{\n "a": 1\n}\n{}', ("PM102", 4, 1)),
    ],
)
def test_what_json_can_get_wrong_is_found_at_its_place(text: str, place: tuple[str, int, int]) -> None:
    assert place in [(one.code, one.line, one.column) for one in check(text, "w.json")]

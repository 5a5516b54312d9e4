import json
import sys
import unicodedata

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.command_line.output import json_text, visible

HIDDEN = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co")
]


def test_no_character_that_steers_a_terminal_or_hides_is_ever_printed() -> None:
    assert not [character for character in HIDDEN if character in visible(character)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("approve\u202edeny", r"approve\u202edeny"),
        ("a\u200bb", r"a\u200bb"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("two\nlines\tof\rit", r"two\nlines\tof\rit"),
    ],
)
def test_what_is_hidden_becomes_its_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["Größe", "請求書　一覧", "فاتورة", "prix : 3 €", "[bold]not markup[/bold] :smile:"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_line_breaks_stay_only_where_lines_are_expected() -> None:
    assert visible("one\ntwo", lines=True) == "one\ntwo"
    assert visible("one\r\ntwo", lines=True) == "one\\r\ntwo"


@pytest.mark.parametrize("indent", [None, 2])
def test_json_escapes_what_is_hidden_and_stays_the_same_value(indent: int | None) -> None:
    value: JsonObject = {"text": "".join(HIDDEN[:400]) + "\U000e0041\ud800 ü", "list": [1, {"a\u202eb": None}]}
    text = json_text(value, indent=indent)
    assert json.loads(text) == value
    assert not [character for character in HIDDEN if character != "\n" and character in text]

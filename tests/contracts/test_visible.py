"""What a terminal would obey or hide is shown. Faults 16 and 36."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from pointsman.contracts.visible import visible

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
        ("a\u200bb\u3164", r"a\u200bb\u3164"),
        ("\ud800\uffff", r"\ud800\uffff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("two\nlines\tof\rit", r"two\nlines\tof\rit"),
    ],
)
def test_what_is_hidden_becomes_its_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["Größe", "plain\u00a0é", "請求書　一覧", "فاتورة", "prix : 3 €", "[bold]not markup[/bold] :smile:"]
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_line_breaks_stay_only_where_lines_are_expected() -> None:
    assert visible("one\ntwo", lines=True) == "one\ntwo"
    assert visible("one\r\ntwo", lines=True) == "one\\r\ntwo"

"""Texts of others: escaped, set apart, with nothing hidden and nothing that imitates."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.visible import UNSEEN
from pointsman.server.bounds import PAGE_TEXT_CHARACTERS
from pointsman.server.console.texts import marked, told, told_at_length
from tests.console.corpus import HOSTILE, SCRIPTS
from tests.server.console.opened import Page

MARKS = {"span", "bdi", "div"}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("written", [told, told_at_length, marked])
def test_a_text_makes_no_element_and_no_attribute_of_its_own(written: object, text: str) -> None:
    assert callable(written)
    page = Page(str(written(text)))
    assert {tag for tag, _ in page.tags} <= MARKS
    assert {name for _, named in page.tags for name in named} <= {"class", "title", "dir", "tabindex"}


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_is_shown_as_it_is_written(text: str) -> None:
    assert Page(str(told_at_length(text))).text == text


@given(st.text(st.characters()))
def test_no_character_that_is_not_seen_is_left_in_a_text(text: str) -> None:
    """Controls, directions, joiners, fillers, surrogates: what `contracts.visible` names."""
    assert UNSEEN.search(str(marked(text))) is None
    kept = {one for one in str(marked(text, lines=True)) if UNSEEN.match(one)}
    assert kept <= {"\n", "\t"}


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_without_marks_is_read_back_as_it_was(text: str) -> None:
    written = str(marked(text, lines=True))
    if "<span" not in written:
        assert Page(written.replace("\r", "&#13;")).text == text


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\x1b", "\\x1b"),
        ("\x00", "\\x00"),
        ("\u2028", "\\u2028"),
        ("\u00ad", "\\xad"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
    ids=ascii,
)
def test_what_hides_or_steers_is_shown_as_its_code_point_with_its_name(character: str, shown: str) -> None:
    page = Page(str(told(f"a{character}b")))
    assert page.text == f"a{shown}b"
    (mark,) = [named for _, named in page.tags if named.get("class") == "hidden-character"]
    assert str(mark["title"]).endswith(f"U+{ord(character):04X}")
    assert unicodedata.name(character, "") in str(mark["title"])


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("p\u0430ypal", ["\u0430"]),  # Cyrillic a within Latin
        ("approve, or \u0430\u0440\u0440", ["\u0430", "\u0440", "\u0440"]),  # a whole word, among Latin ones
        ("\uff41pprove", ["\uff41"]),  # full width
        ("\U0001d41approve", ["\U0001d41a"]),  # mathematical bold
        ("\u039fK", ["\u039f"]),  # Greek omicron
        ("\u13df\u13a2T", ["\u13df", "\u13a2"]),  # Cherokee
    ],
    ids=ascii,
)
def test_a_letter_that_imitates_a_latin_one_is_marked_with_its_code_point(text: str, odd: list[str]) -> None:
    """Unicode Technical Standard 39, section 5."""
    page = Page(str(told(text)))
    titles = [str(named["title"]) for _, named in page.tags if named.get("class") == "odd-letter"]
    assert [one.rpartition(" ")[2] for one in titles] == [f"U+{ord(letter):04X}" for letter in odd]


@pytest.mark.parametrize(
    "text",
    ["Счёт оплачен сегодня", "Πληρώθηκε το τιμολόγιο", "Rechnung über 12 €", "請求書", "فاتورة", "naïve café Übung"],
)
def test_what_is_honestly_of_another_script_is_left_alone(text: str) -> None:
    assert "odd-letter" not in told(text)
    assert "hidden-character" not in told(text)


def test_a_text_within_a_line_keeps_its_direction_to_itself() -> None:
    assert told("شكرا").startswith('<bdi class="told">')
    assert 'dir="auto"' in told_at_length("شكرا")


def test_a_paragraph_keeps_its_lines_and_one_that_is_laid_out_its_spaces() -> None:
    assert Page(str(told_at_length("a\n\tb"))).text == "a\n\tb"
    assert "laid-out" not in told_at_length("a b\nc d")
    assert "laid-out" in told_at_length("item      price\npen           3")
    assert "\\n" in told("a\nb")


def test_of_a_huge_text_a_bounded_part_is_shown_and_nothing_in_it_is_hidden() -> None:
    made = str(told_at_length("\u202ep\u0430y" * 300_000))
    page = Page(made)
    assert len(made) < 400_000
    assert "\u202e" not in page.text
    assert page.text.count("\\u202e") == PAGE_TEXT_CHARACTERS // 4
    assert f"{1_200_000 - PAGE_TEXT_CHARACTERS:,} more characters" in page.text

"""Differences: what was and what will be, told apart by words as well as by colour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import Json
from pointsman.server.console.differences import difference
from tests.console.corpus import HOSTILE
from tests.server.console.opened import Page


class Changes(Page):
    """A page, with what is struck out and what is underlined on it."""

    def __init__(self, html: str) -> None:
        self.gone: list[str] = []
        self.come: list[str] = []
        super().__init__(html)

    @classmethod
    def of(cls, before: Json, after: Json) -> Changes:
        found = cls(str(difference(before, after)))
        found.gone, found.come = (_within(str(difference(before, after)), tag) for tag in ("del", "ins"))
        return found


def _within(html: str, tag: str) -> list[str]:
    parts = html.split(f"<{tag}>")[1:]
    return [Page(part.partition(f"</{tag}>")[0]).text for part in parts]


def test_of_two_texts_only_the_words_that_differ_are_marked() -> None:
    found = Changes.of("Pay by standard route today", "Pay by short route today")
    assert (found.gone, found.come) == (["standard"], ["short"])
    assert "Pay by " in found.text


@pytest.mark.parametrize(
    ("before", "after"),
    [(3, 2), ("standard", "short_pay"), ({"a": 1}, {"a": 2}), ([1], []), ("12", 12), ("a b", 7), (True, False)],
)
def test_other_values_stand_one_after_the_other(before: Json, after: Json) -> None:
    found = Changes.of(before, after)
    assert len(found.gone) == len(found.come) == 1
    assert "was " in found.text
    assert "will be " in found.text


def test_what_was_not_set_is_said_to_be_so() -> None:
    assert "was not set" in Changes.of(None, "new").text
    assert "will be null" in Changes.of("old", None).text


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_of_either_text_is_left_out(before: str, after: str) -> None:
    found = Changes.of(before, after)
    assert {tag for tag, _ in found.tags} <= {"span", "bdi", "div", "del", "ins"}


@given(st.lists(st.sampled_from(["a", "b", "c", " "]), max_size=20), st.lists(st.sampled_from("abc "), max_size=20))
def test_what_stays_and_what_goes_is_the_old_text_and_with_what_comes_the_new(old: list[str], new: list[str]) -> None:
    before, after = " ".join(["x", *old, "y"]), " ".join(["x", *new, "y"])
    html = str(difference(before, after))
    for tag, kept in (("ins", before), ("del", after)):
        pieces = html.split(f"<{tag}>")
        rest = pieces[0] + "".join(piece.partition(f"</{tag}>")[2] for piece in pieces[1:])
        assert Page(rest).text == kept


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_does_nothing_on_either_side(text: str) -> None:
    sides: list[tuple[Json, Json]] = [(text, "a b"), ("a b", text), (text, None), (None, [text]), ({text: 1}, text)]
    for before, after in sides:
        found = Changes.of(before, after)
        assert not {"script", "img", "svg", "iframe", "form", "style", "a", "body", "meta", "base"} & {
            tag for tag, _ in found.tags
        }
        assert "\u202e" not in found.text


def test_what_hides_is_shown_where_it_was_added() -> None:
    found = Changes.of("pay Maria now", "pay \u202eMaria now")
    assert "\\u202e" in "".join(found.come)


def test_texts_of_very_many_words_are_not_compared_word_by_word() -> None:
    """The comparison takes a time that grows with the square of the words."""
    found = Changes.of("word " * 5_000, "other " * 5_000)
    assert "will be " in found.text


def test_texts_whose_words_take_long_to_compare_are_shown_one_after_the_other() -> None:
    made = difference("." * 600, ".," * 300)
    assert made.count("<del>") == made.count("<ins>") == 1

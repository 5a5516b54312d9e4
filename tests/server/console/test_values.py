"""Values of others as parts of pages: whatever they hold, bounded in every way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.bounds import PAGE_CHARACTERS
from pointsman.server.console.room import is_cut, new_room
from pointsman.server.console.texts import told_at_length
from pointsman.server.console.values import as_text, value
from tests.console.corpus import HOSTILE
from tests.server.console.opened import Page

TAGS = {
    *("span", "bdi", "div", "code", "dl", "dt", "dd", "ul", "li", "p", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
NAMES = {"class", "title", "dir", "tabindex", "scope", "role", "aria-label"}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def harmless(page: Page) -> bool:
    """Whether there is nothing on a page but what we make."""
    names = {name for _, named in page.tags for name in named}
    return {tag for tag, _ in page.tags} <= TAGS and names <= NAMES


@given(VALUES)
def test_any_value_is_written_with_our_elements_alone(given_value: Json) -> None:
    assert harmless(Page(str(value(given_value))))


def places(text: str) -> Iterator[Json]:
    """Put a text wherever a value can hold one."""
    yield text
    yield [text, 1]
    yield {text: 1, "a": text}
    yield [{"a": text, text: None}, {"a": 2}]
    yield {"a": [[{"b": {"c": {"d": {"e": {text: text}}}}}]]}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_does_nothing_wherever_it_stands(text: str) -> None:
    for one in places(text):
        page = Page(str(value(one)))
        assert harmless(page)
        assert "\u202e" not in page.text


@pytest.mark.parametrize(
    ("given_value", "said"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (12.5, "12.5"),
        ("", "empty text"),
        ([], "empty list"),
        ({}, "empty"),
        ("null", "null"),
    ],
)
def test_a_short_value_is_said_in_one_word(given_value: Json, said: str) -> None:
    assert Page(str(value(given_value))).text == said


def test_a_text_is_told_from_the_value_it_is_spelt_like() -> None:
    assert value("true") != value(True)
    assert value("12") != value(12)


def test_objects_side_by_side_are_a_table_that_scrolls() -> None:
    page = Page(str(value([{"item": "pen", "price": 3}, {"item": "ink"}])))
    assert [tag for tag, _ in page.tags if tag == "table"] == ["table"]
    assert next(named for _, named in page.tags if named.get("class") == "scrolls")["tabindex"] == "0"
    wide: list[Json] = [{f"column {number}": number for number in range(9)}]
    assert "<table" not in value(wide)


def test_a_long_text_is_folded_and_says_how_long_it_is() -> None:
    page = Page(str(value("W" * 5_000)))
    assert "5,000 characters" in page.text
    assert page.text.count("W") == 5_080
    assert "<details" not in value("W" * 1_200)


def test_a_long_list_is_counted_and_not_shown_to_its_end() -> None:
    shown = Page(str(value([*range(10_000)])))
    assert shown.text.endswith("and 9,900 more")
    assert len([tag for tag, _ in shown.tags if tag == "li"]) == 100
    members: JsonObject = {f"m{number}": number for number in range(150)}
    assert Page(str(value(members))).text.endswith("and 50 more")
    rows: list[Json] = [{"a": number} for number in range(101)]
    assert Page(str(value(rows))).text.endswith("and 1 more")


def test_a_deep_value_is_written_as_json_below_a_depth() -> None:
    deep: Json = "bottom"
    for _ in range(60):
        deep = {"in": deep}
    page = Page(str(value(deep)))
    assert len([tag for tag, _ in page.tags if tag == "dl"]) == 6
    assert '{"in":{"in":' in page.text
    assert "bottom" in page.text


def test_a_value_for_a_field_is_a_text_as_it_is_and_anything_else_as_json() -> None:
    assert as_text("a b") == "a b"
    assert as_text({"b": [1, None]}) == '{"b":[1,null]}'


def test_however_a_value_branches_a_page_takes_so_much_of_it_and_says_so() -> None:
    nested = cast("Json", [[["\u202e\u202e"] * 100] * 100] * 100)
    with new_room():
        made = "".join(str(value(nested)) for _ in range(5))
        assert is_cut()
    assert len(made) < 8_000_000
    assert "more than a page takes" in made
    with new_room():
        assert "a" in value(["a"])
        assert not is_cut()


def test_all_texts_of_a_page_together_have_so_much_room() -> None:
    with new_room():
        made = "".join(str(told_at_length("x" * 40_000)) for _ in range(40))
    assert made.count("x") <= PAGE_CHARACTERS + 1_000
    assert "40,000 more characters" in made

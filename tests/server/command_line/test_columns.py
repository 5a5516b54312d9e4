"""Tables of a terminal's width: what is copied stays whole, what is dropped is named, nothing is cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from pointsman.server.command_line.columns import Column, fitted, paragraph, wrapped

HANDLE = "3b2atjsp3sz2ztlfjqa4sxbhgo"
COLUMNS = (Column("session", whole=True), Column("state"), Column("by", rank=2), Column("at", whole=True, rank=1))
ROW = (HANDLE, "awaiting_accounts_payable_review", "local:somebody", "2026-11-22 09:00:00Z")


@pytest.mark.parametrize("width", range(38, 140))
def test_a_table_fits_its_width_and_a_handle_is_whole_in_it(width: int) -> None:
    table = fitted(COLUMNS, [ROW], width)
    assert all(cell_len(line) <= width for line in (table.heading, *table.lines))
    assert table.lines[0].startswith(HANDLE)


def test_what_may_neither_break_nor_be_left_out_is_whole_even_where_it_is_too_wide() -> None:
    assert fitted(COLUMNS[:1], [ROW[:1]], 10).lines == (HANDLE,)


def test_the_least_important_columns_are_left_out_first_and_named() -> None:
    assert fitted(COLUMNS, [ROW], 200).left_out == ()
    assert fitted(COLUMNS, [ROW], 71).left_out == ("by",)
    assert fitted(COLUMNS, [ROW], 50).left_out == ("by", "at")


def test_a_text_that_is_wrapped_keeps_its_lines_and_is_whole_when_put_together() -> None:
    table = fitted((Column("a", whole=True), Column("b")), [("x", "one two three four\nfive")], 14)
    assert table.lines == ("x  one two", "   three four", "   five")


@example(" ____", 4)
@given(st.text(alphabet="ab _.-/é請", max_size=60), st.integers(4, 30))
def test_wrapping_loses_no_character_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width or not line.strip() for line in lines)


def test_a_long_word_breaks_behind_its_parts() -> None:
    assert wrapped("awaiting_accounts_payable_review", 18) == ["awaiting_accounts_", "payable_review"]
    assert wrapped("go to awaiting_review", 16) == ["go to", "awaiting_review"]
    assert wrapped("abcdefghijkl", 5) == ["abcde", "fghij", "kl"]


def test_a_paragraph_keeps_words_whole_to_be_copied_and_what_is_indented_stays_so() -> None:
    digest = "sha256:" + "0" * 64
    assert paragraph(f"the digest {digest} is long", 20) == ["the digest", digest, "is long"]
    assert paragraph('{\n  "a": 1\n}', 20) == ["{", '  "a": 1', "}"]

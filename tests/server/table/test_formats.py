"""Markdown, CSV and HTML hold the same table, and no text of a file is markup or a formula in any of them."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from typing import Final

import pytest
from typing_extensions import override

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.server.table.markdown import markdown
from pointsman.server.table.page import page
from pointsman.server.table.rows import COLUMNS, rows_of
from pointsman.server.table.spreadsheet import harmless, spreadsheet
from tests.server.table.test_rows import LOANS, loans, workflow

EVERY = pytest.mark.parametrize("name", ["invoices", "loans", "large"])
VOID: Final = {"meta", "wbr", "br"}


class Reader(HTMLParser):
    """Reads a page: its elements, its text, the cells of its rows; fails where tags do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def hostile() -> Workflow:
    goal = r'"<script>alert(1)</script>\u202e `x` by `the` book."'
    text = LOANS.read_text().replace("Rate the customer | by `the` book.", goal)
    return load(text.replace("message: Too much.", 'message: "=HYPERLINK(1)|<img src=x>"').encode(), "loans.yaml")


@EVERY
def test_csv_has_the_columns_and_a_complete_row_for_every_move(name: str) -> None:
    """RFC 4180: lines end with CR LF, and what holds a line break, a comma or a quotation mark is quoted."""
    flow = workflow(name)
    text = spreadsheet(flow)
    head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert tuple(head) == COLUMNS
    moves = list(rows_of(flow))
    assert [(row[0], row[3]) for row in rows] == [(move.state, move.next) for move in moves]
    assert all(len(row) == 7 and all(row) for row in rows)
    assert text.endswith("\r\n")
    assert "\r" not in text.replace("\r\n", "")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"a{cell}") == f"a{cell}"
    for row in csv.reader(io.StringIO(spreadsheet(hostile()), newline="")):
        assert not [one for one in row if one.startswith(("=", "+", "-", "@", "\t", "\r"))]


@EVERY
def test_markdown_has_a_table_line_of_seven_cells_for_every_move(name: str) -> None:
    flow = workflow(name)
    lines = markdown(flow).splitlines()
    top = lines.index(f"| {' | '.join(COLUMNS)} |")
    moves = list(rows_of(flow))
    table = lines[top + 2 : top + 2 + len(moves)]
    assert lines[top + 2 + len(moves)] == ""
    for line, move in zip(table, moves, strict=True):
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        assert len(cells) == 7
        assert cells[3].strip() == f"`{move.next}`"


def test_texts_of_the_file_are_no_markup_in_markdown() -> None:
    text = markdown(hostile())
    assert "\n# Loan \\| with \\<every\\> key\n" in f"\n{text}"
    assert "- **Goal**: A loan is paid once, and two people have said so." in text
    assert not re.search(r"(?<!\\)<(?!br>)", re.sub(r"`[^`]*`", "", text))
    assert "=HYPERLINK(1)\\|\\<img src=x\\>" in text


@EVERY
def test_the_page_stands_alone_and_has_a_row_for_every_move(name: str) -> None:
    flow = workflow(name)
    text = page(flow)
    found = read(text)
    moves = list(rows_of(flow))
    head, *rows = found.rows
    assert tuple(head) == COLUMNS
    assert [row[-4].strip() for row in rows[: len(moves)]] == [move.next for move in moves]
    assert [len(row) for row in rows[: len(moves)]] == [7 if move.first else 6 for move in moves]
    assert not found.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not {one for one in found.attributes if one.startswith("on")} | ({"src", "href"} & found.attributes)
    assert "url(" not in text
    assert "@import" not in text
    for fact in (flow.name, flow.digest, str(flow.version), flow.goal, flow.owner):
        assert fact is None or " ".join(fact.split()) in found.text


def test_texts_of_the_file_are_no_markup_on_the_page_and_nothing_in_them_is_hidden() -> None:
    text = page(hostile())
    found = read(text)
    assert "<script>alert(1)</script>" in found.text
    assert "Loan | with <every> key" in found.text
    assert "<script>" not in text
    assert "\u202e" not in text


def test_what_rows_of_a_state_have_in_common_is_written_once_on_the_page_and_in_each_line_of_the_csv() -> None:
    asked = "the server asks the model claude-sonnet-5"
    assert read(page(loans())).text.count(asked) == 1
    assert markdown(loans()).count(asked) == 1
    assert spreadsheet(loans()).count(asked) == 5
    assert markdown(loans()).count("as above") == 18

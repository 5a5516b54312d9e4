"""A transition table as Markdown (GitHub's). Pure; nothing in a text of the file is markup.

What all rows of a state have in common is written in the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from pointsman.contracts.workflow import Workflow

from .about import READING, ends_of, facts_of, title_of
from .rows import COLUMNS, Cell, Row, Sentence, rows_of

AS_ABOVE: Final = "as above"
NOTHING: Final = "none"
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$@])")


def markdown(workflow: Workflow) -> str:
    """Write the table of a workflow."""
    ends = [
        (f"`{end.state}`", f"{end.outcome}: {end.meaning}", _text(end.owner) or NOTHING) for end in ends_of(workflow)
    ]
    return "\n".join(
        [
            f"# {_text(title_of(workflow))}",
            "",
            *(f"- **{name}**: {_text(value)}" for name, value in facts_of(workflow)),
            "",
            *_table(COLUMNS, [_cells(row) for row in rows_of(workflow)]),
            "",
            "## Where a session ends",
            "",
            *_table(("State", "Outcome", "Owner"), ends),
            "",
            "## How to read it",
            "",
            *(f"- {sentence}" for sentence in READING),
            "",
        ]
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _cells(row: Row) -> list[str]:
    return [
        _text(row.state) if row.kind is None else f"`{row.state}` ({row.kind})",
        _text(row.event),
        "<br>".join(map(_condition, row.condition)),
        f"`{row.next}`",
        _cell(row.action, first=row.first),
        _cell(row.retry, first=row.first),
        _cell(row.review, first=row.first),
    ]


def _condition(sentence: Sentence) -> str:
    return _text(sentence.words) + (f"<br>`{_code(sentence.exact)}`" if sentence.exact else "")


def _cell(cell: Cell, *, first: bool) -> str:
    common = cell.common if first or not cell.common else (AS_ABOVE,)
    return "<br>".join(_text(sentence) for sentence in (*common, *cell.own)) or NOTHING


def _text(text: str) -> str:
    """Write a text so that no character of it is markup, and a cell stays a cell."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Write a text within backticks. A backtick in it would end them; a bar would end the cell, unless escaped."""
    return text.replace("`", "'").replace("|", "\\|")

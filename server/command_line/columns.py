"""Tables of a terminal's width: which columns there is room for, how wide each is, where texts are broken. Pure.

What somebody copies, such as the handle of a session, is never broken and never cut. Other texts
wrap; and where even that does not fit, the least important columns are left out, and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells

GAP: Final = 2
LEAST: Final = 10
"""A column that wraps is at least so wide, or as wide as its texts."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `whole` ones are never broken. The larger `rank`, the sooner it is left out; 0: never."""

    name: str
    whole: bool = False
    rank: int = 0


class Fitted(NamedTuple):
    """A table that fits: its heading, its lines, and the columns that are left out."""

    heading: str
    lines: tuple[str, ...]
    left_out: tuple[str, ...]


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Fitted:
    """Fit a table into so many columns of a terminal.

    Args:
        columns: From left to right.
        rows: Their cells; a cell may have several lines.
        width: Of the terminal. A table of what may neither break nor be left out can still be wider.
    """
    natural = [_natural(column, [row[index] for row in rows]) for index, column in enumerate(columns)]
    least = [_least(column, wanted) for column, wanted in zip(columns, natural, strict=True)]
    shown = list(range(len(columns)))
    while _total([least[index] for index in shown]) > width:
        spare = [index for index in shown if columns[index].rank]
        if not spare:
            break
        shown.remove(max(spare, key=lambda index: columns[index].rank))
    widths = _shared([least[index] for index in shown], [natural[index] for index in shown], width)
    return Fitted(
        heading=beside([[columns[index].name] for index in shown], widths)[0],
        lines=tuple(line for row in rows for line in _lines([row[index] for index in shown], widths)),
        left_out=tuple(column.name for index, column in enumerate(columns) if index not in shown),
    )


def beside(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Put cells beside each other, each given as its lines."""
    return [
        (" " * GAP)
        .join(text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True))
        .rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ]


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines: at spaces; a longer word behind `_ . / : , -`, else wherever it must be."""
    return [line for given in text.split("\n") for line in _joined(_pieces(given, width), width)]


def _pieces(line: str, width: int) -> Iterator[str]:
    """What is not broken any further: words and the space between them, or the parts of a longer word."""
    for word in re.findall(r"\S+|\s+", line):
        if cell_len(word) <= width:
            yield word
        else:
            for part in re.findall(r"[^_./:,-]*[_./:,-]+|[^_./:,-]+", word):
                yield from chop_cells(part, width)


def paragraph(text: str, width: int) -> list[str]:
    """Break a text into lines at its spaces alone: a longer word is left to the terminal, and copied whole."""
    return [line for given in text.split("\n") for line in _joined(re.findall(r"\S+|\s+", given), width)]


def _joined(pieces: Iterable[str], width: int) -> Iterator[str]:
    """Fill lines with pieces. The space at which a line is broken is left out; that at its beginning stays."""
    line, broken = "", False
    for piece in pieces:
        if line.strip() and cell_len(line) + cell_len(piece.rstrip()) > width:
            yield line.rstrip()
            line, broken = "", True
        elif line and not line.strip() and piece.strip() and cell_len(piece) <= width:
            line = line[: width - cell_len(piece)]  # a word goes before what it is indented by
        if line or not broken or piece.strip():
            line += piece
    yield line.rstrip()


def _natural(column: Column, cells: Sequence[str]) -> int:
    return max([cell_len(column.name), *(cell_len(line) for cell in cells for line in cell.split("\n"))])


def _least(column: Column, natural: int) -> int:
    return natural if column.whole else min(natural, max(LEAST, cell_len(column.name)))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _shared(least: Sequence[int], natural: Sequence[int], width: int) -> list[int]:
    """Give every column its least, and what is left to those that need most."""
    widths = list(least)
    for _ in range(max(0, width - _total(widths))):
        needs = [wanted - given for wanted, given in zip(natural, widths, strict=True)]
        if max(needs) <= 0:
            break
        widths[needs.index(max(needs))] += 1
    return widths


def _lines(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return beside([wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)], widths)

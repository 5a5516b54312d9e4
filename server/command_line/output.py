"""What commands print: tables for people, JSON for programs.

Texts of agents, documents and other systems end up on a terminal here. Whatever in them would
steer the terminal, turn the direction of reading or hide is written as its code point instead, in
tables and in JSON alike.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from pointsman.contracts.values import Json
from pointsman.contracts.visible import UNSEEN, visible

if TYPE_CHECKING:
    from .columns import Column

PLAIN_WIDTH: Final = 200
"""Columns of a table that goes to a file or to another program."""


def json_text(value: Json | Mapping[str, Json], *, indent: int | None = None) -> str:
    """Write a value as JSON. Characters nobody sees are escaped; the value stays the same."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return UNSEEN.sub(lambda found: "\n" if found[0] == "\n" else json.dumps(found[0])[1:-1], text)


def print_json(value: Json | Mapping[str, Json]) -> None:
    """Print one JSON document."""
    click.echo(json_text(value, indent=2))


def print_json_lines(values: Iterable[Json | Mapping[str, Json]]) -> int:
    """Print a list as JSON lines, and say how many there were."""
    count = 0
    for count, value in enumerate(values, start=1):  # noqa: B007 -- the last number is how many there were
        click.echo(json_text(value))
    return count


def print_table(columns: Sequence[str | Column], rows: Sequence[Sequence[str | None]], *, err: bool = False) -> None:
    """Print rows under headings, as wide as the terminal. Every cell is untrusted.

    What there is no room for is named below the table.
    """
    from .columns import Column, fitted

    given = [column if isinstance(column, Column) else Column(column) for column in columns]
    cells = [[visible(cell or "", lines=True) for cell in row] for row in rows]
    table = fitted(given, cells, _width(err=err))
    click.secho(table.heading, bold=True, err=err)
    for line in table.lines:
        click.echo(line, err=err)
    if table.left_out:
        click.secho(f"No room here for: {', '.join(table.left_out)}. See --json.", dim=True, err=True)


def print_pairs(pairs: Iterable[tuple[str, str | None]], *, err: bool = False) -> None:
    """Print names and values in two columns; values may have several lines. What is None is left out."""
    from .columns import GAP, LEAST, beside, paragraph

    shown = [(visible(name), visible(value, lines=True)) for name, value in pairs if value is not None]
    left = max((len(name) for name, _ in shown), default=0)
    right = max(LEAST, _width(err=err) - left - GAP)
    for name, value in shown:
        for number, line in enumerate(beside([[name], paragraph(value, right)], [left, 0])):
            styled = line if number else click.style(line[:left], bold=True) + line[left:]
            click.echo(styled, err=err)


def print_heading(text: str, *, err: bool = False) -> None:
    """Print an empty line, and one that names what follows."""
    click.secho(f"\n{visible(text)}", bold=True, err=err)


def value_text(value: Json) -> str:
    """Write a value for people: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json_text(value, indent=2)


def cell(value: Json) -> str | None:
    """Write a value that there may not be."""
    return None if value is None else value_text(value)


def moment(at: str | None) -> str | None:
    """Shorten a moment of ours to the second: `2026-11-22 09:00:00Z`."""
    return None if at is None else f"{at[:10]} {at[11:19]}Z"


def _width(*, err: bool) -> int:
    """Columns of the terminal that is written to."""
    stream = sys.stderr if err else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else PLAIN_WIDTH

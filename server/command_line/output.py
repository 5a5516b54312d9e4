"""What commands print: tables for people, JSON for programs.

Texts of agents, documents and other systems end up on a terminal here. Whatever in them would
steer the terminal, turn the direction of reading or hide is written as its code point instead, in
tables and in JSON alike.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from pointsman.contracts.values import Json
from pointsman.contracts.visible import UNSEEN, visible

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH: Final = 200
"""Columns of a table that goes to a file or to another program."""


def json_text(value: Json | Mapping[str, Json], *, indent: int | None = None) -> str:
    """Write a value as JSON. Characters nobody sees are escaped; the value stays the same."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return UNSEEN.sub(lambda found: "\n" if found[0] == "\n" else json.dumps(found[0])[1:-1], text)


def print_json(value: Json | Mapping[str, Json]) -> None:
    """Print one JSON document."""
    click.echo(json_text(value, indent=2))


def print_json_lines(values: Iterable[Json | Mapping[str, Json]]) -> None:
    """Print a list as JSON lines."""
    for value in values:
        click.echo(json_text(value))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | None]], *, err: bool = False) -> None:
    """Print rows under headings. Every cell is untrusted; the first column is never broken."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, no_wrap=index == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell or "", lines=True)) for cell in row))
    _console(err=err).print(table)


def print_pairs(pairs: Iterable[tuple[str, str | None]], *, err: bool = False) -> None:
    """Print names and values in two columns; values may have several lines. What is None is left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value is not None:
            table.add_row(Text(visible(name)), Text(visible(value, lines=True)))
    _console(err=err).print(table)


def print_heading(text: str, *, err: bool = False) -> None:
    """Print an empty line, and one that names what follows."""
    from rich.text import Text

    _console(err=err).print(Text(f"\n{visible(text)}", style="bold"))


def value_text(value: Json) -> str:
    """Write a value for people: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json_text(value, indent=2)


def moment(at: str | None) -> str | None:
    """Shorten a moment of ours to the second: `2026-11-22 09:00:00Z`."""
    return None if at is None else f"{at[:10]} {at[11:19]}Z"


def _console(*, err: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)

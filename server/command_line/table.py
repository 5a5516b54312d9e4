"""`pointsman table`: a workflow's transitions, for the people who agree on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from pointsman.contracts.workflow import Workflow


@click.command("table")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "table_format",
    type=Choice(["markdown", "csv", "html"]),
    default="markdown",
    show_default=True,
    help="markdown: for GitHub and editors. csv: for spreadsheets. html: a page to read and to print.",
)
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it to this file, not to stdout.")
def command(file: Path, table_format: str, output: Path | None) -> None:
    """Print the transition table of a workflow.

    Every possible move is a row: current state, event, condition, next state, action, retry rule, human review. Made
    for technical and business people to review together.
    """
    from pointsman.contracts.loading import load
    from pointsman.contracts.prompts import whole

    workflow = whole(load(file.read_bytes(), str(file)), file.absolute().parent)
    written = _writer(table_format)(workflow).encode()
    if output is None:
        click.echo(written, nl=False)
    else:
        output.write_bytes(written)


def _writer(table_format: str) -> Callable[[Workflow], str]:
    """Give what writes this format, and import no other."""
    match table_format:
        case "csv":
            from ..table.spreadsheet import spreadsheet

            return spreadsheet
        case "html":
            from ..table.page import page

            return page
        case _:
            from ..table.markdown import markdown

            return markdown

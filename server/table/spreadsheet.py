"""A transition table as comma-separated values (RFC 4180), for spreadsheets. Pure.

Every row is complete, so that it can be sorted and filtered. A cell that a spreadsheet would take
for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from pointsman.contracts.workflow import Workflow

from .rows import COLUMNS, Row, rows_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(workflow: Workflow) -> str:
    """Write the table of a workflow, its lines ended by CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in _cells(row)] for row in rows_of(workflow))
    return text.getvalue()


def harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(row: Row) -> Sequence[str]:
    return (
        row.state,
        row.event,
        "\n".join(f"{one.words} [{one.exact}]" if one.exact else one.words for one in row.condition),
        row.next,
        "\n".join(row.action.whole) or "none",
        "\n".join(row.retry.whole) or "none",
        "\n".join(row.review.whole) or "none",
    )

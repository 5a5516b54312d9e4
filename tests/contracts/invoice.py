"""The invoice workflow of the gallery, what an agent submits in it, and ways to spoil it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pointsman.contracts.findings import Finding
from pointsman.contracts.loading import check
from pointsman.contracts.values import JsonObject

FILE = str(Path(__file__).parents[2] / "gallery" / "invoices" / "workflow.yaml")
TEXT = Path(FILE).read_text(encoding="utf-8")

FIELDS: JsonObject = {
    "vendor_name": "Acme",
    "invoice_number": "1001",
    "invoice_date": "2026-05-02",
    "po_number": "PO-9",
    "line_items": [{"sku": "A", "qty": 2, "price": 6}],
    "total": 12,
    "tax": 2,
    "payment_terms": "net 30",
}
"""What an agent reads in an invoice."""
SUMMARY: JsonObject = {
    "summary": "The order says 10.",
    "mismatch": "total",
    "route": "short_pay",
    "confidence": 0.9,
    "rationale": "Order PO-9 states 10.00",
}
"""What it makes of a difference."""


@dataclass(frozen=True)
class Mistake:
    """A seeded mistake: `old` becomes `new`, and a finding of `code` must stand where `at` begins.

    `also` are the codes of further findings that the mistake brings with it, `base` the text that is spoilt.
    """

    name: str
    old: str
    new: str
    code: str
    at: str
    also: tuple[str, ...] = field(default=())
    base: str = field(default=TEXT, repr=False)

    @property
    def text(self) -> str:
        """The spoilt file."""
        assert self.base.count(self.old) >= 1, f"{self.old!r} is not in the workflow"
        return self.base.replace(self.old, self.new, 1)

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the finding; in `at` a `|` marks the column, if it is not the first."""
        before, bar, behind = self.at.rpartition("|")
        wanted = before + behind if bar else self.at
        assert self.text.count(wanted) == 1, f"{wanted!r} stands {self.text.count(wanted)} times in the file"
        position = self.text.index(wanted) + len(before)
        return self.text.count("\n", 0, position) + 1, position - (self.text.rfind("\n", 0, position) + 1) + 1


@cache
def found_in(mistake: Mistake, file: str) -> tuple[Finding, ...]:
    """What is found in the workflow of this file with a mistake in it."""
    return check(mistake.text, file)

"""What the scripts of the invoice workflow show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pointsman.gallery.invoices.documents import read
from pointsman.server.scripts.script import CallStep
from tests.gallery.plays import SCRIPTS, Piece, Repertoire

INVOICES = [piece for piece in SCRIPTS if piece[0] == "invoices"]


@pytest.mark.slow
def test_the_agent_of_the_demo_makes_every_mistake_of_the_issue(repertoire: Repertoire) -> None:
    """a tool out of state, missing fields, a skipped read."""
    codes = {row.code for row in repertoire.play(("invoices", "demo")).rows if row.kind == "denied"}
    assert codes == {"NOT_ALLOWED", "MISSING_FIELDS", "MISSING_EVIDENCE", "INVALID_FIELDS", "NOT_YOUR_TURN"}


@pytest.mark.parametrize("piece", INVOICES, ids=lambda piece: piece[1])
def test_what_an_agent_submits_stands_in_the_document(piece: Piece) -> None:
    """A script that invents a number would show a workflow that nobody could follow."""
    script: Any = SCRIPTS[piece]
    text = read(script.start["document"])
    digits = re.sub(r"[.,]", "", text)
    submitted = [step for step in script.steps if isinstance(step, CallStep) and step.call == "submit_fields"]
    accepted: list[Any] = [step.values for step in submitted if step.expect == "done"]
    for fields in accepted:
        for name_of_field in ("vendor_name", "invoice_number", "po_number"):
            assert fields[name_of_field].casefold() in text.casefold()
        for amount in (fields["total"], fields["tax"], *(item["price"] for item in fields["line_items"])):
            assert f"{amount:.2f}".replace(".", "") in digits
        assert all(item["sku"] in text for item in fields["line_items"])

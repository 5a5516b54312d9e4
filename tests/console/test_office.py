"""The office that is photographed and walked through has something of everything in it."""

from __future__ import annotations

from typing import Final

import pytest

from tests.console.office import Office
from tests.console.seeding import Seeded, seed

STATES: Final = {
    "review": "awaiting_accounts_payable_review",
    "unsure": "awaiting_accounts_payable_review",
    "escalated": "procurement_escalation_pending",
    "outside": "vendor_clarification_pending",
    "running": "exception_summary_pending",
    "done": "completed",
    "retrying": "writeback_retry_pending",
    "rejected": "rejected",
    "manual": "manual_resolution_required",
    "failed": "failed_invalid_summary_output",
    "denied": "field_extraction_pending",
    "call": "execute_tools",
    "two_persons": "closing_review",
    "unknown": "in_doubt",
    "refused": "refused",
    "hostile": "confirming",
    "long": "confirming",
}


@pytest.mark.slow
async def test_a_busy_day_leaves_something_of_everything(office: Office) -> None:
    seeded = await seed(office)
    assert set(STATES) == {*Seeded.__slots__}
    for name, state in STATES.items():
        session = str(getattr(seeded, name)).partition(".")[0]
        person = "nadia" if name == "call" else "maria"
        shown = (await office.server.ask("GET", f"/api/sessions/{session}", office.tokens[person])).json()
        assert (name, shown["state"]) == (name, state)
    (effect,) = (await office.server.ask("GET", "/api/effects", office.tokens["maria"])).json()["items"]
    assert (effect["session"], effect["status"]) == (seeded.unknown, "unknown")

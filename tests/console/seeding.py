"""An office at the end of a busy day: something of everything that pages of the console show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from tests.console.corpus import HOSTILE, LONG
from tests.console.office import INVOICES, SERVICE_DESK, Office
from tests.console.supplier_registry import BREAKS_OFF, REFUSED

_IBAN: Final = "DE75512108001245126199"
_REVIEW: Final = "awaiting_accounts_payable_review"
_SCRIPTS: Final = INVOICES.parent / "scripts"
_DESK: Final = SERVICE_DESK.parent / "scripts"


@dataclass(frozen=True, slots=True)
class Seeded:
    """The sessions of an office, by what is to be seen in them. A session with a dot in it is a call that waits."""

    review: str
    unsure: str
    escalated: str
    outside: str
    running: str
    done: str
    retrying: str
    rejected: str
    manual: str
    failed: str
    denied: str
    call: str
    two_persons: str
    unknown: str
    refused: str
    hostile: str
    long: str


async def seed(office: Office) -> Seeded:
    """Have a day's work done."""
    seeded = Seeded(
        done=await office.play(_SCRIPTS / "demo.yaml"),
        retrying=await office.play(_SCRIPTS / "demo.yaml", invoice_id="INV-2001"),  # the ERP does not know it
        rejected=await _rejected(office),
        manual=await office.play(_SCRIPTS / "low_confidence.yaml", invoice_id="INV-2003"),
        failed=await office.play(_SCRIPTS / "invalid_summary.yaml", invoice_id="INV-2004"),
        escalated=await office.play(
            _SCRIPTS / "high_value.yaml", until="procurement_escalation_pending", invoice_id="INV-2005"
        ),
        outside=await office.play(
            _SCRIPTS / "unanswered.yaml", until="vendor_clarification_pending", invoice_id="INV-2006"
        ),
        unsure=await office.play(_SCRIPTS / "low_confidence.yaml", until=_REVIEW, invoice_id="INV-2007"),
        review=await office.play(_SCRIPTS / "demo.yaml", until=_REVIEW, invoice_id="INV-2008"),
        running=await office.play(_SCRIPTS / "demo.yaml", until="exception_summary_pending", invoice_id="INV-2009"),
        denied=await _denied(office),
        call=await _waiting_call(office),
        two_persons=await _one_of_two(office),
        unknown=await _changed(office, BREAKS_OFF),
        refused=await _changed(office, REFUSED),
        hostile=await hostile(office),
        long=await hostile(office, LONG),
    )
    for number in range(24):  # more than a list has on one page of a phone
        await office.play(_SCRIPTS / "demo.yaml", until=_REVIEW, invoice_id=f"INV-30{number:02}")
    for token in ("pmh_nobody", "pma_nobody"):  # rows of the chain `server`
        await office.server.ask("GET", "/api/sessions", token)
    return seeded


async def hostile(office: Office, texts: tuple[str, ...] = HOSTILE) -> str:
    """Put texts wherever an agent or a downstream can write, and bring the session to its review."""
    session = await office.start("supplier_change", supplier=texts[0])
    for text in texts[:6]:  # refused, and kept in the history as far as it goes
        await office.act(session, "propose", iban=text, letter=7)
        await office.act(session, text[:128])
    written: dict[str, Json] = {
        "iban": texts[1],
        "letter": "\n".join(texts),
        "reasons": [*texts],
        "details": {text[:200]: {"nested": [text]} for text in texts},
        "rationale": texts[2],
        "alternatives": [{"event": text[:100], "rationale": text} for text in texts[:3]],
        "confidence": 0.9,
    }
    answer = await office.act(session, "propose", **written)
    assert answer.get("state") == "confirming", answer
    return session


async def _rejected(office: Office) -> str:
    session = await office.play(_SCRIPTS / "demo.yaml", until=_REVIEW, invoice_id="INV-2002")
    await office.decide(session, "maria", "reject", rationale="This is the third time. Let them send a new one.")
    return session


async def _denied(office: Office) -> str:
    """An agent that is refused again and again: its timeline is mostly refusals."""
    session = await office.start("invoice_exception", invoice_id="INV-2010", vendor_id="V-7", document="inv-1001.txt")
    for _ in range(4):
        await office.act(session, "erp.post_route", invoice_id="INV-2010", route="standard")
        await office.act(session, "docs.read")
    return session


async def _waiting_call(office: Office) -> str:
    session = await office.play(_DESK / "demo.yaml", until="waiting")
    return f"{session}.{await office.waiting_call(session)}"


async def _one_of_two(office: Office) -> str:
    session = await office.play(_DESK / "closing.yaml", until="closing_review")
    await office.decide(session, "maria", "approve", rationale="Confirmed with his manager.")
    return session


async def _changed(office: Office, supplier: str) -> str:
    session = await office.start("supplier_change", supplier=supplier)
    proposed: JsonObject = {
        "iban": _IBAN,
        "letter": "Please pay all invoices to our new account from the first of the month.",
        "reasons": ["The bank was taken over."],
        "confidence": 0.8,
        "rationale": "The letter says so.",
    }
    await office.act(session, "propose", **proposed)
    await office.decide(session, "maria", "confirm", rationale="Called the number that we have.")
    return session

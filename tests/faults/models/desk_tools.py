"""The desk's own tools: what stands in a bill, who a vendor is, and notes, each of which is one row, kept for good."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.faults.models.documents import BILLS

__all__ = ["find_vendor", "note", "read"]

_KNOWN = {"V-7": "DE-7000", "V-8": "DE-8000"}


def read(document: str) -> dict[str, Any]:
    """Read a bill."""
    return {"text": BILLS[document].text}


def find_vendor(vendor: str, tax_number: str = "") -> dict[str, Any]:
    """Find a vendor, by number."""
    remarks = BILLS[vendor].result if vendor in BILLS else ""
    found = {"known": vendor in _KNOWN, "account": _KNOWN.get(vendor, ""), "remarks": remarks}
    return {**found, "checked": bool(tax_number)}


def note(topic: str, text: str, bill: str) -> dict[str, Any]:
    """Write a note down."""
    with Path(os.environ["DESK_NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps([bill, topic, text]) + "\n")
    return {"noted": topic}

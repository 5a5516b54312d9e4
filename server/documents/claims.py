"""Who has claimed what waits for a person."""

from __future__ import annotations

from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.holder import Holder

from .places import given


def claim(holder: Holder | None) -> JsonObject | None:
    """Say who holds it, since when, and who gave it to them; None where nobody has claimed it."""
    if holder is None:
        return None
    return given({"by": holder.by, "at": iso(holder.at), "given_by": holder.given_by, "reason": holder.reason})


def claimed_by(holder: Holder | None) -> str | None:
    """Name who holds it."""
    return None if holder is None else holder.by

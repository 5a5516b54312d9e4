"""The policies: who is insured for what, and what a claim costs by a policy's terms."""

from __future__ import annotations

import sqlite3
from datetime import date
from difflib import SequenceMatcher
from typing import Final

from .records import FoundPolicy, Policy, Reserve
from .store import RECORDS

__all__ = ["candidates", "find", "reserve"]

_ALIKE: Final = 0.6
_MOST: Final = 5


def find(policy_number: str, holder: str) -> FoundPolicy:
    """Find a policy by its number and its holder. It is null if there is none of both.

    Args:
        policy_number: Number of the policy, such as P-77-4410.
        holder: Who is insured.
    """
    with RECORDS.reading() as records:
        row = records.execute("SELECT * FROM policies WHERE policy_number = ?", (policy_number.strip(),)).fetchone()
    if row is None or row["holder"].casefold() != holder.strip().casefold():
        return FoundPolicy(None)
    return FoundPolicy(_policy(row))


def candidates(holder: str, policy_number: str) -> list[Policy]:
    """List policies that may be meant: of holders with a similar name, the most similar number first.

    Args:
        holder: Who says to be insured.
        policy_number: The number as it was written.
    """
    with RECORDS.reading() as records:
        policies = [_policy(row) for row in records.execute("SELECT * FROM policies").fetchall()]
    alike = [one for one in policies if _likeness(one.holder, holder) >= _ALIKE]
    return sorted(alike, key=lambda one: (-_likeness(one.policy_number, policy_number), one.policy_number))[:_MOST]


def reserve(policy: Policy, kind: str, severity: str, claimed: float, loss_date: str) -> Reserve:
    """Calculate what a claim costs: what is claimed, less the deductible, at most the limit. Writes nothing.

    A major claim keeps a tenth more, for what is found later.

    Args:
        policy: The policy that `find` gave.
        kind: What kind of claim it is.
        severity: minor or major.
        claimed: What is asked for, in EUR.
        loss_date: The day it happened, as YYYY-MM-DD.
    """
    if kind not in policy.covers:
        return Reserve(0.0, covered=False, basis=f"{policy.policy_number} does not cover {kind}.")
    if not date.fromisoformat(policy.starts_on) <= date.fromisoformat(loss_date) <= date.fromisoformat(policy.ends_on):
        basis = f"{policy.policy_number} was in force from {policy.starts_on} to {policy.ends_on}, not on {loss_date}."
        return Reserve(0.0, covered=False, basis=basis)
    factor = 1.1 if severity == "major" else 1.0
    amount = round(min(max(claimed * factor - policy.deductible, 0.0), policy.limit), 2)
    more = " and a tenth more, as it is major," if severity == "major" else ""
    basis = f"{claimed:.2f} claimed{more} less {policy.deductible:.2f} deductible, at most {policy.limit:.2f}."
    return Reserve(amount, covered=True, basis=basis)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _policy(row: sqlite3.Row) -> Policy:
    return Policy(**{**dict(row), "covers": row["covers"].split()})

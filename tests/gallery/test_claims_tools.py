"""The tools of claims processing, on a real SQLite file."""

from __future__ import annotations

import pytest

from pointsman.gallery.claims import letters, payments, policies
from pointsman.gallery.claims.records import Policy
from pointsman.tools import NothingDone

pytestmark = pytest.mark.usefixtures("records")


def holts() -> Policy:
    policy = policies.find("P-77-4410", "Maren Holt").policy
    assert policy is not None
    return policy


def test_a_letter_is_read_and_nothing_beside_the_letters() -> None:
    assert "P-77-4410" in letters.read("clm-3001.txt")
    for name in ("../policies.py", "nothing.txt", "", "../documents/clm-3001.txt"):
        with pytest.raises(NothingDone, match="no letter with this name"):
            letters.read(name)


def test_a_policy_is_found_only_by_number_and_holder_together() -> None:
    assert holts().covers == ["water", "glass", "theft", "fire"]
    assert policies.find(" P-77-4410 ", "maren holt").policy is not None
    assert policies.find("P-77-4410", "Marten Holt").policy is None
    assert policies.find("P-77-4411", "Maren Holt").policy is None


def test_candidates_have_a_similar_holder_and_come_by_their_number() -> None:
    found = [one.policy_number for one in policies.candidates("Marten Holt", "P-77-4411")]
    assert set(found) == {"P-77-4401", "P-77-4410"}
    assert policies.candidates("Wilma Okafor", "H-2291") == []


@pytest.mark.parametrize(
    ("kind", "severity", "claimed", "loss_date", "amount", "covered"),
    [
        ("water", "minor", 850.0, "2026-10-14", 700.0, True),
        ("water", "major", 850.0, "2026-10-14", 785.0, True),
        ("water", "minor", 100.0, "2026-10-14", 0.0, True),
        ("water", "minor", 99999.0, "2026-10-14", 30000.0, True),
        ("injury", "minor", 850.0, "2026-10-14", 0.0, False),
        ("water", "minor", 850.0, "2024-12-31", 0.0, False),
        ("water", "minor", 850.0, "2025-01-01", 700.0, True),
        ("water", "minor", 850.0, "2026-12-31", 700.0, True),
        ("water", "minor", 850.0, "2027-01-01", 0.0, False),
    ],
)
def test_a_reserve_is_arithmetic_on_the_policys_terms(
    *, kind: str, severity: str, claimed: float, loss_date: str, amount: float, covered: bool
) -> None:
    reserve = policies.reserve(holts(), kind, severity, claimed, loss_date)
    assert (reserve.amount, reserve.covered) == (amount, covered)
    assert reserve.basis


def test_a_claim_is_paid_once() -> None:
    first = payments.pay("CLM-3001", "P-77-4410", 700.0, "maria", "k1")
    again = payments.pay("CLM-3001", "P-77-4410", 700.0, "maria", "k1")
    assert (again.payment_id, again.repeated) == (first.payment_id, True)
    for key in ("k2", None):
        with pytest.raises(NothingDone, match="was paid before"):
            payments.pay("CLM-3001", "P-77-4410", 9000.0, "maria", key)
    payment = payments.find("CLM-3001").payment
    assert payment is not None
    assert payment.amount == 700.0
    assert payments.find("CLM-3002").payment is None

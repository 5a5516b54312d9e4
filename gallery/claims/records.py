"""The shapes of the records about claims."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy. Amounts are in EUR; `covers` are the kinds of claims it pays for."""

    policy_number: str
    holder: str
    covers: list[str]
    insured: str
    starts_on: str
    ends_on: str
    deductible: float
    limit: float
    claims_this_year: int


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """A policy; null if there is none of that number and holder."""

    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Reserve:
    """What a claim costs, in EUR, whether its policy covers it, and how that was found."""

    amount: float
    covered: bool
    basis: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment for a claim."""

    payment_id: str
    claim_id: str
    policy_number: str
    amount: float
    approved_by: str


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """A payment; null if the claim was not paid."""

    payment: Payment | None


@dataclass(frozen=True, slots=True)
class Paid:
    """The receipt for a payment. `repeated` says that it had been paid before."""

    payment_id: str
    repeated: bool = False

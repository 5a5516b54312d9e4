"""What the records about policies hold from the beginning."""

from __future__ import annotations

from typing import Final

BROKEN_LINE: Final = "CLM-3008"
"""A claim whose payment nobody hears of again: the line to the bank breaks, and stays broken."""

POLICIES: Final = (
    # policy_number, holder, covers, what is insured, from, to, deductible, limit, claims this year
    (
        "P-77-4410",
        "Maren Holt",
        "water glass theft fire",
        "flat, Elbstrasse 4",
        "2025-01-01",
        "2026-12-31",
        150,
        30000,
        0,
    ),
    ("P-77-4401", "Marten Holt", "water fire", "house, Deichweg 12", "2024-06-01", "2027-05-31", 500, 250000, 1),
    (
        "P-31-0920",
        "Bakery Lindqvist",
        "water glass theft fire",
        "shop and oven",
        "2026-01-01",
        "2026-12-31",
        250,
        80000,
        0,
    ),
    ("P-12-6655", "Ruben Aziz", "liability injury", "liability, family", "2026-08-01", "2027-07-31", 0, 1000000, 0),
    ("P-58-1183", "Odile Perrin", "glass", "shop window", "2026-01-01", "2026-12-31", 100, 4000, 3),
)

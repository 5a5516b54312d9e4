"""What the table says of a workflow before its rows."""

from __future__ import annotations

from pathlib import Path

from pointsman.contracts.loading import load
from pointsman.server.table.about import facts_of

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def said(name: str) -> list[tuple[str, str]]:
    return [fact for fact in facts_of(load((EXAMPLES / name).read_bytes(), name)) if fact[0].endswith(" by")]


def test_what_starts_sessions_and_what_moves_them_is_told_apart() -> None:
    assert said("claim.yaml")[:3] == [
        ("Started by", "anyone, giving order, customer and damage"),
        ("Started by", "a webhook (standard)"),
        ("Moved by", "the webhook mail (basic)"),
    ]
    assert said("report.yaml")[1:3] == [("Started by", "the schedule 0 7 * * mon-fri (Europe/Vienna)")] * 2

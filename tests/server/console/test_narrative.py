"""Rows told in words."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.console.narrative import happening


@pytest.mark.parametrize(
    ("channel", "said"), [("console", "decided: approve"), ("elicitation", "decided: approve (client-attested)")]
)
def test_it_is_told_on_whose_word_a_decision_rests(channel: str, said: str) -> None:
    """Design, section 7."""
    row: JsonObject = {
        "revision": 7,
        "at": "2026-11-22T09:00:00.000Z",
        "actor_id": "maria",
        "actor_kind": "human",
        "channel": channel,
        "kind": "decided",
        "action": "approve",
        "outcome": "done",
    }
    assert happening(row).said == said

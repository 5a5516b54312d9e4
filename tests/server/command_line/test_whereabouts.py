"""What models have taken, in words."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.command_line.whereabouts import models_in_words

ASKED: JsonObject = {"model": "claude-x", "turn": 2}


@pytest.mark.parametrize(
    ("turns", "unpriced", "asked", "words"),
    [
        (0, 0, None, None),
        (1, 0, None, "1 turn, 2,564 tokens, $0.0004"),
        (2, 1, None, "2 turns, 2,564 tokens, $0.0004, and 1 answer of unknown price"),
        (4, 2, ASKED, "4 turns, 2,564 tokens, $0.0004, and 2 answers of unknown price; asked now: claude-x, turn 2"),
    ],
)
def test_what_nobody_knows_the_price_of_is_not_told_as_free(
    turns: int, unpriced: int, asked: JsonObject | None, words: str | None
) -> None:
    models: JsonObject = {"turns": turns, "tokens": 2_564, "cost_usd": 0.0004, "unpriced": unpriced, "asked": asked}
    assert models_in_words(models) == words

from __future__ import annotations

from pointsman.contracts.bounds import GROWING_TEXT_CHARACTERS
from pointsman.contracts.expressions import Guard
from tests.contracts.scopes import GivenScope


def test_a_guard_that_multiplies_long_texts_is_not_judged() -> None:
    """Fault 28: a guard's error is a denial; CEL's budget counts steps and not characters."""
    guard = Guard.compile('event.note.replace("a", event.note).size() > 0')
    assert guard.judge(GivenScope(event={"note": "a" * 20})).passed
    verdict = guard.judge(GivenScope(event={"note": "a" * (GROWING_TEXT_CHARACTERS + 1)}))
    assert not verdict.passed
    assert "characters" in str(verdict.error)


def test_the_texts_of_lists_and_maps_count_too() -> None:
    guard = Guard.compile('event.notes.join(", ").size() > 0 || event.depth == {"a": 1}')
    long = "a" * (GROWING_TEXT_CHARACTERS // 2 + 1)
    assert guard.judge(GivenScope(event={"notes": ["a", "b"], "depth": {}})).passed
    assert not guard.judge(GivenScope(event={"notes": [long, long], "depth": {}})).passed
    assert not guard.judge(GivenScope(event={"notes": ["a"], "depth": {"b": long + long}})).passed

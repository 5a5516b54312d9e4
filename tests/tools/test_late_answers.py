"""Answers of writes that come after they were given up (design, section 6)."""

from __future__ import annotations

import pytest

from pointsman.fsm.facts import CallResult

from .downstreams import ERROR, REFUSED, Late, Meanwhile, done, found, outside
from .office import outcome


async def test_an_answer_that_comes_while_the_write_is_in_doubt_settles_it() -> None:
    around = outside(asked=[Late(done("late"), 0.5)], find=[found(False), found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.result, result.reconciled) == ("done", "late", False)
    assert (result.doubt, result.attempts, around.late) == ("no answer", 1, [])


async def test_an_answer_that_comes_before_a_second_try_with_the_key_takes_its_place() -> None:
    around = outside(often=[Late(done("late"), 60)])
    result = await outcome("t.often", around)
    assert (result.outcome, result.result, result.attempts) == ("done", "late", 1)


async def test_an_error_that_comes_late_lets_it_be_made_again() -> None:
    """It was answered, so it is not under way any more."""
    around = outside(asked=[Late(ERROR, 0.5), done("receipt")], find=[found(False), found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.result, result.attempts) == ("done", "receipt", 2)


async def test_an_answer_that_comes_while_it_is_asked_settles_it() -> None:
    """The answer came after it was looked up, and before what was found was told."""
    around = outside(asked=[Late(None)], find=[Meanwhile(found(False), done("late"))])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.result, around.time.slept) == ("done", "late", [])


async def test_an_answer_that_comes_after_it_was_given_up_is_told() -> None:
    """Design, section 6: a late result of a timed-out write settles it too."""
    around = outside(plain=[Late(done("late"))])
    assert (await outcome("t.plain", around)).outcome == "unknown"
    await around.time.pass_until(1000)
    assert around.late == [done("late")]


@pytest.mark.parametrize(("late", "told"), [(REFUSED, [REFUSED]), (ERROR, [])])
async def test_a_refusal_that_comes_late_is_told_and_an_error_is_not(late: CallResult, told: list[CallResult]) -> None:
    around = outside(plain=[Late(late)])
    await outcome("t.plain", around)
    await around.time.pass_until(1000)
    assert around.late == told


async def test_a_refusal_that_comes_late_says_nothing_of_the_other_tries() -> None:
    """The first try may have happened: that the second was refused is no proof that it has not."""
    around = outside(keyed=[ERROR, Late(REFUSED)])
    await outcome("t.keyed", around)
    taken_over = outside(keyed=[Late(None), Late(REFUSED)])
    await outcome("t.keyed", taken_over, doubt="the server ended")
    for one in (around, taken_over):
        await one.time.pass_until(1000)
        assert one.late == []

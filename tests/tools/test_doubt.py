"""What is believed of a write in doubt, when, and what is asked about it (design, section 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.fsm.facts import CallResult

from .downstreams import ERROR, LOST, REFUSED, TIMEOUT_S, Late, Meanwhile, done, found, outside
from .office import outcome


async def test_that_it_has_not_happened_is_not_believed_before_the_timeout_of_a_lost_connection_is_over() -> None:
    """What was sent before the connection broke may be under way until then."""
    around = outside(asked=[LOST, done("receipt")], find=[found(False), found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, around.time.slept) == ("done", [TIMEOUT_S, 1])


async def test_what_happens_while_it_waits_is_found() -> None:
    around = outside(asked=[LOST], find=[found(False), found(True)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.reconciled, around.time.slept) == ("done", True, [TIMEOUT_S])


async def test_what_was_looked_up_before_the_wait_is_over_is_not_believed_after_it() -> None:
    """A read that takes long says how it was when it was made."""
    around = outside(asked=[LOST], find=[Meanwhile(found(False), takes_s=TIMEOUT_S + 1), found(True)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.reconciled) == ("done", True)


async def test_what_was_looked_up_before_the_write_was_answered_is_not_believed() -> None:
    """An error after the write: the read came before both."""
    around = outside(asked=[Late(None)], find=[Meanwhile(found(False), ERROR), found(True)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.reconciled) == ("done", True)


async def test_a_later_answer_ends_no_earlier_wait() -> None:
    """A try that broke may be under way, however a later one with the same key was answered."""
    nobody_knows = CallResult("failed", error="no answer")
    around = outside(both=[LOST, ERROR, done("receipt")], find=[nobody_knows, found(False), found(False)])
    result = await outcome("t.both", around)
    assert (result.outcome, around.time.slept) == ("done", [1, TIMEOUT_S - 1, 2])


async def test_the_wait_begins_when_the_last_try_ended() -> None:
    """Tries of which nothing was sent take time, too; the timeout is that of the one that was sent."""
    around = outside(asked=[replace(LOST, attempts=2), done()], find=[found(False), found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.attempts, around.time.slept) == ("done", 3, [TIMEOUT_S, 1])


async def test_a_write_that_was_never_answered_is_asked_about_and_not_made_again() -> None:
    """It may be under way for ever."""
    around = outside(asked=[Late(None)], find=[found(False)] * 3)
    result = await outcome("t.asked", around)
    assert (result.outcome, result.unanswered, result.attempts) == ("unknown", True, 1)
    assert (len(around.asked), around.time.slept) == (3, [1, 2])


async def test_a_write_that_was_never_answered_is_not_made_again_in_a_later_visit_either() -> None:
    """The session has come back to it; what hung then may hang still."""
    around = outside(asked=[], find=[found(False)] * 3)
    result = await outcome("t.asked", around, doubt="no answer", unanswered=True)
    assert (result.outcome, result.unanswered, result.attempts) == ("unknown", True, 0)


async def test_a_write_that_was_never_answered_is_called_again_with_the_key() -> None:
    around = outside(both=[Late(None), done("receipt")], find=[found(False)])
    result = await outcome("t.both", around)
    assert (result.outcome, result.result) == ("done", "receipt")


async def test_a_write_that_is_taken_over_is_asked_about_before_it_is_made_again() -> None:
    """Fault 1: the process that made it is gone; its connections are, and its timeout runs from now."""
    around = outside(asked=[done("receipt")], find=[found(False), found(False)])
    result = await outcome("t.asked", around, doubt="the server ended", attempt=2)
    assert (result.outcome, result.doubt, around.time.slept) == ("done", "the server ended", [TIMEOUT_S, 1])
    assert [context.attempt for tool, _, context in around.tools.calls if tool == "t.asked"] == [2]
    assert [read.id.partition(":")[2] for read, _ in around.asked] == ["reconcile:2.1", "reconcile:2.2"]


async def test_a_write_that_is_taken_over_is_called_with_the_key_at_once_where_that_is_all_there_is() -> None:
    around = outside(keyed=[done("receipt")])
    result = await outcome("t.keyed", around, doubt="the server ended", attempt=2)
    assert (result.outcome, result.attempts) == ("done", 1)


@pytest.mark.parametrize("later", [REFUSED, CallResult("failed", error="not reached", attempts=1)])
async def test_that_a_later_try_was_refused_says_nothing_of_the_first(later: CallResult) -> None:
    around = outside(keyed=[ERROR, later])
    result = await outcome("t.keyed", around)
    assert (result.outcome, result.error) == ("unknown", later.error)


async def test_that_a_later_try_was_refused_is_believed_where_the_first_is_refuted() -> None:
    around = outside(asked=[ERROR, REFUSED], find=[found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.error, result.doubt) == ("failed", "it refused", "it broke")


@pytest.mark.parametrize(
    "answer",
    [
        CallResult("failed", error="no answer"),
        CallResult("done", {"broken": 1, "found": False}),
        CallResult("done", "no object"),
        CallResult("done", {}),
    ],
)
async def test_what_cannot_be_judged_says_nothing(answer: CallResult) -> None:
    """Fail closed: it failed, `success` is false, or `happened` errs."""
    around = outside(asked=[ERROR], find=[answer] * 3)
    result = await outcome("t.asked", around)
    assert (result.outcome, result.attempts) == ("unknown", 1)
    assert len(around.asked) == 3


async def test_what_cannot_be_asked_says_nothing() -> None:
    """Its arguments need a field that is not set."""
    around = outside(late=[ERROR])
    result = await outcome("t.late", around)
    assert (result.outcome, around.asked) == ("unknown", [])


async def test_what_it_says_is_kept_without_what_is_redacted() -> None:
    """Design, section 9: an unredacted secret never reaches a row."""
    answer = CallResult("done", {"found": True, "pin": "1234"})
    result = await outcome("t.asked", outside(asked=[ERROR], find=[answer]))
    assert result.result == {"found": True, "pin": "[redacted]"}

"""A write from its intent to an outcome that is known, or to `unknown` (design, section 6)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pointsman.contracts.bounds import RETRY_WAIT_MS
from pointsman.fsm.facts import CallResult
from pointsman.tools.effects import LeftOpen, Write

from .downstreams import ERROR, LOST, REFUSED, TIMEOUT_S, Late, done, found, outside
from .office import OFFICE, opened, outcome


@pytest.mark.parametrize("tool", ["plain", "each", "keyed", "asked", "both"])
async def test_a_write_that_is_answered_is_done(tool: str) -> None:
    around = outside(**{tool: [done("receipt")]})
    result = await outcome(f"t.{tool}", around)
    assert (result.outcome, result.result, result.attempts, result.doubt) == ("done", "receipt", 1, None)
    assert (around.asked, around.time.slept) == ([], [])


@pytest.mark.parametrize("tool", ["plain", "each", "keyed", "asked", "both"])
async def test_a_write_that_was_refused_for_certain_has_failed(tool: str) -> None:
    around = outside(**{tool: [REFUSED]})
    result = await outcome(f"t.{tool}", around)
    assert (result.outcome, result.error, len(around.tools.calls)) == ("failed", "it refused", 1)


@pytest.mark.parametrize("tool", ["plain", "each"])
@pytest.mark.parametrize("end", [ERROR, LOST, Late(None)])
async def test_a_write_in_doubt_is_unknown_where_nobody_can_find_out(tool: str, end: CallResult | Late) -> None:
    """Design, section 6: a write is never blindly retried."""
    around = outside(**{tool: [end]})
    result = await outcome(f"t.{tool}", around)
    assert (result.outcome, result.doubt, len(around.tools.calls)) == ("unknown", None, 1)
    assert result.unanswered == isinstance(end, Late)


@pytest.mark.parametrize("end", [ERROR, LOST, Late(None)])
async def test_a_downstream_that_takes_the_key_is_called_again_with_the_same_key(end: CallResult | Late) -> None:
    """Design, section 6: a downstream that takes our key is called again with the same key."""
    around = outside(keyed=[end, done("receipt")])
    story, call = opened("t.keyed")
    result = await Write(around.world, OFFICE, story.session, call, story.at).outcome()
    assert (result.outcome, result.result, result.attempts) == ("done", "receipt", 2)
    assert result.doubt in ("it broke", "the connection ended", "no answer")
    assert around.tools.made("t.keyed") == [{"x": 7, "token": call.key}] * 2


async def test_a_downstream_that_can_be_asked_says_that_it_has_happened() -> None:
    """Design, section 6: else `reconcile` is asked."""
    around = outside(asked=[ERROR], find=[found(True)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.result, result.reconciled) == ("done", {"found": True}, True)
    assert (result.attempts, result.doubt, around.time.slept) == (1, "it broke", [])
    [(read, answer)] = around.asked
    assert (read.tool, read.arguments, read.purpose, answer.result) == (
        "t.find",
        {"x": 7},
        "reconcile",
        {"found": True},
    )


async def test_a_write_that_has_not_happened_is_made_again() -> None:
    around = outside(asked=[ERROR, done("receipt")], find=[found(False)])
    result = await outcome("t.asked", around)
    assert (result.outcome, result.result, result.reconciled) == ("done", "receipt", False)
    assert (result.attempts, around.time.slept) == (2, [1])


async def test_a_write_that_has_not_happened_after_all_its_tries_has_failed() -> None:
    """Design, section 6: failed only if nothing was sent or `reconcile` refutes it."""
    around = outside(asked=[ERROR] * 3, find=[found(False)] * 3)
    result = await outcome("t.asked", around)
    assert (result.outcome, result.attempts, around.time.slept) == ("failed", 3, [1, 2])
    assert result.error == "it broke It was asked: it has not happened."


async def test_a_downstream_that_takes_the_key_is_asked_first_where_it_can_be() -> None:
    around = outside(both=[ERROR], find=[found(True)])
    result = await outcome("t.both", around)
    assert (result.outcome, result.attempts) == ("done", 1)


async def test_a_downstream_that_takes_the_key_and_says_nothing_is_called_again() -> None:
    around = outside(both=[ERROR, done("receipt")], find=[CallResult("failed", error="no answer")])
    result = await outcome("t.both", around)
    assert (result.outcome, result.result, result.attempts) == ("done", "receipt", 2)


async def test_a_key_alone_gives_up_after_its_tries() -> None:
    """At least two of them: the doubt can be settled, so it is tried once more even without `retry`."""
    around = outside(keyed=[ERROR, LOST])
    result = await outcome("t.keyed", around)
    assert (result.outcome, result.error, result.attempts) == ("unknown", "the connection ended", 2)
    assert result.doubt is None


async def test_a_write_is_tried_as_often_as_the_workflow_says_and_waits_longer_each_time() -> None:
    around = outside(often=[ERROR] * 4)
    result = await outcome("t.often", around)
    assert (result.outcome, result.attempts) == ("unknown", 4)
    most_s = RETRY_WAIT_MS / 1000
    assert around.time.slept == [min(120 * 2**n, most_s) for n in range(3)]


async def test_tries_that_sent_nothing_are_counted_among_them() -> None:
    """The source tries again by itself while nothing was sent; what is left it is told."""
    around = outside(often=[replace(ERROR, attempts=3), done()])
    result = await outcome("t.often", around)
    assert (result.outcome, result.attempts) == ("done", 4)
    assert [policy.retry.attempts for policy in around.tools.policies] == [4, 1]


@pytest.mark.parametrize(("tool", "attempts"), [("plain", 3), ("each", 1), ("keyed", 2), ("asked", 3)])
async def test_a_source_may_try_again_only_what_was_not_sent(tool: str, attempts: int) -> None:
    """Format: `key: none` never runs a second time by itself."""
    around = outside(**{tool: [done()]})
    await outcome(f"t.{tool}", around)
    assert around.tools.policies[0].retry.attempts == attempts


async def test_a_tool_is_told_the_key_and_the_attempt() -> None:
    """Format: a parameter named `call` receives the call's context (session, key, attempt, who)."""
    around = outside(asked=[ERROR, done()], find=[found(False)], each=[done()])
    story, call = opened("t.asked")
    await Write(around.world, OFFICE, story.session, call, story.at).outcome()
    (_, _, first), (_, _, read), (_, _, second) = around.tools.calls
    assert [(one.call, one.key, one.attempt, one.who) for one in (first, second)] == [
        (call.id, call.key, 1, "ada"),
        (call.id, call.key, 2, "ada"),
    ]
    assert (read.call, read.key, read.attempt, read.on_late) == (f"{call.id}:reconcile:1.1", None, 1, None)
    await outcome("t.each", around)
    assert around.tools.calls[-1][2].key is None


async def test_how_long_it_took_is_told() -> None:
    around = outside(asked=[LOST, done()], find=[found(False), found(False)])
    result = await outcome("t.asked", around)
    assert result.duration_ms == (TIMEOUT_S + 1) * 1000


@pytest.mark.parametrize("tool", ["keyed", "asked"])
async def test_a_write_in_doubt_is_left_to_the_next_process(tool: str) -> None:
    """The next one takes it over, in doubt, and finds out."""
    around = outside(**{tool: [ERROR], "find": [found(False)]})
    around.closing.set()
    with pytest.raises(LeftOpen):
        await outcome(f"t.{tool}", around)
    assert len(around.tools.made(f"t.{tool}")) == 1


async def test_a_write_that_is_answered_when_the_process_is_to_end_is_settled() -> None:
    around = outside(often=[Late(done("late"), 0)])
    around.time.due.append((0, around.closing.set))
    result = await outcome("t.often", around)
    assert (result.outcome, result.result) == ("done", "late")


async def test_nothing_waits_behind_when_it_has_ended() -> None:
    """A wait that was cut short leaves no task."""
    around = outside(asked=[LOST, done()], find=[found(False), found(False)])
    before = asyncio.all_tasks()
    await outcome("t.asked", around)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


def test_a_write_without_a_key_is_not_asked_about() -> None:
    """An equal write that is found may be another one: two equal deposits, lawfully."""
    assert OFFICE.tools["t.asked"].resolves_doubt
    assert not replace(OFFICE.tools["t.asked"], key="none").resolves_doubt

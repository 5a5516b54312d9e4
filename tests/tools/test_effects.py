"""A write from its intent to an outcome that is known, or to `unknown` (design, section 6)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.bounds import RETRY_WAIT_MS
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import OpenCall
from pointsman.tools.effects import LeftOpen, Write
from tests.fsm.driver import Story, workflow

from .downstreams import ERROR, LOST, REFUSED, TIMEOUT_S, Late, Meanwhile, Outside, done, found, outside

OFFICE: Final = workflow("""
    record: {n: {type: integer}}
    start: {accepts: [n]}
    initial: office
    tools:
      t.plain: {effect: write, timeout: 10s, key: {over: [x]}, retry: {attempts: 3, backoff: 1s}}
      t.each: {effect: write, timeout: 10s, key: none}
      t.keyed: {effect: write, timeout: 10s, key: {over: [x], deliver: {argument: token}}}
      t.often:
        effect: write
        timeout: 10s
        key: {over: [x], deliver: {argument: token}}
        retry: {attempts: 4, backoff: 2m}
      t.asked:
        effect: write
        timeout: 10s
        key: {over: [x]}
        reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}
        retry: {attempts: 3, backoff: 1s}
      t.both:
        effect: write
        timeout: 10s
        key: {over: [x], deliver: {argument: token}}
        reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}
        retry: {attempts: 3, backoff: 1s}
      t.late:
        effect: write
        timeout: 10s
        key: {over: [x]}
        reconcile: {call: t.find, with: {x: =record.n}, happened: result.found == true}
      t.find: {effect: read, success: '!has(result.broken)', redact: [result.pin]}
    states:
      office:
        actor: agent
        tools: [t.plain, t.each, t.keyed, t.often, t.asked, t.both, t.late]
        failed: over
        unknown: over
        events: {leave: {next: over}}
      over: {final: success}
""")


def opened(
    tool: str, *, doubt: str | None = None, attempt: int = 1, unanswered: bool = False
) -> tuple[Story, OpenCall]:
    """A write that is open, in doubt or not."""
    story = Story(OFFICE)
    story.call(tool, {"x": 7})
    return story, replace(story.open_call(tool), doubt=doubt, attempt=attempt, unanswered=unanswered)


async def outcome(
    tool: str, around: Outside, *, doubt: str | None = None, attempt: int = 1, unanswered: bool = False
) -> CallResult:
    story, call = opened(tool, doubt=doubt, attempt=attempt, unanswered=unanswered)
    return await Write(around.world, OFFICE, story.session, call, story.at).outcome()


# The table of the module.


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


# What is believed, and when.


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


# Late answers.


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


# What is asked.


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


# Tries.


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


# The process is to end.


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

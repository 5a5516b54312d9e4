"""`exit` (workflow format, "state"): steps the server runs when a state is left, before the next is entered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.fsm.commands import Restart
from pointsman.fsm.facts import Accepted, Entered, Intended, TimerFired
from pointsman.fsm.session import Ended, Leaving
from pointsman.fsm.spent_limit import SpentLimit

from .driver import ADA_HERSELF, MARIA, OUTSIDE, Story, workflow
from .told import administered

HOUR = 3_600_000

SHOP = workflow("""
    record: {n: {type: integer, maximum: 9}, left: {type: integer}, note: {type: string}}
    initial: counter
    roles: [reviewer]
    confidence: {floor: 0.5, path_floor: 0.1, below: review}
    limits: [{duration: 9d, then: overdue}, {calls: 5, then: closed}]
    tools: {t.look: {effect: read}, t.close: {effect: write, key: {over: [x]}}}
    states:
      counter:
        actor: agent
        tools: [{use: t.look, save: {n: =result}}, t.close]
        exit:
          - set: {left: =visits.counter}
          - {call: t.close, with: {x: =record.left}}
        events:
          go: {confidence: off, next: sorting}
          doubt: {next: sorting}
          again: {confidence: off, next: counter}
        limits: [{denials: 1, then: closed}]
        after: {in: 1d, to: overdue}
        failed: mending
        unknown: lost
      sorting:
        actor: system
        run: [{call: t.look, with: {x: 1}}]
        exit: [{call: t.look, with: {x: 2}, save: {n: =result}}]
        next: outside
        failed: mending
      outside:
        actor: external
        exit: [{set: {note: ='answered'}}]
        events: {answered: {next: review}}
        failed: mending
      review:
        actor: human
        review: {role: reviewer, show: [n], due: {in: 1d, then: overdue}}
        exit: [{call: t.look, with: {x: 3}}]
        events: {approve: {next: counter}, stop: {next: closed}}
        failed: mending
      mending: {actor: agent, events: {back: {confidence: off, next: counter}}}
      closed: {final: success}
      overdue: {final: failed, owner: o}
      lost: {final: manual, owner: o}
""")


def leaving_of(story: Story) -> Leaving:
    leaving = story.session.stay.leaving
    assert leaving is not None
    return leaving


def entered(story: Story) -> Entered:
    return next(fact.body for fact in reversed(story.facts) if isinstance(fact.body, Entered))


def test_the_steps_of_exit_run_before_the_next_state_is_entered() -> None:
    """Format: `exit`, steps the server runs."""
    story = Story(SHOP)
    story.send("go")
    assert (story.state, story.record) == ("counter", {"left": 1})
    assert leaving_of(story) == Leaving("sorting", "next")
    assert story.open_call("t.close").arguments == {"x": 1}
    assert [fact.kind for fact in story.facts[-4:]] == ["accepted", "intended", "settled", "intended"]
    story.settle("t.close")
    assert (story.state, entered(story).because, story.session.stay.leaving) == ("sorting", "next", None)


def test_a_state_the_server_works_in_is_left_by_its_exit_too() -> None:
    """Format: `exit` is common to all actors."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look")
    assert (story.state, story.open_call("t.look").arguments) == ("sorting", {"x": 2})
    story.settle("t.look", gives=4)
    assert (story.state, story.record["n"]) == ("outside", 4)
    story.send("answered", actor=OUTSIDE)
    assert (story.state, story.record["note"]) == ("review", "answered")
    story.decide("approve")
    assert (story.state, story.session.stay.review) == ("review", None)
    story.settle("t.look")
    assert story.path()[-1] == "counter"


def test_nobody_else_acts_while_a_state_is_being_left() -> None:
    """Agents, reviewers and the outside are told that the server works."""
    story = Story(SHOP)
    story.send("go")
    before = story.session.stay
    for attempt in (story.call("t.look"), story.send("doubt", {}), story.send("nothing")):
        assert attempt.refusal is not None
        assert (attempt.refusal.code, "server" in attempt.refusal.message) == ("NOT_YOUR_TURN", True)
    assert story.session.stay == before  # and no limit counts it
    story.settle("t.close")
    story.settle("t.look")
    story.settle("t.look", gives=1)
    story.send("answered", actor=OUTSIDE)
    digest = story.session.stay.review
    assert digest is not None
    story.decide("approve")
    story.decide("stop", digest=digest.shown_digest)
    assert (story.code, story.state) == ("NOT_YOUR_TURN", "review")


def test_the_event_that_leaves_a_state_is_known_again_while_it_is_being_left() -> None:
    """Design, section 3: the same event sent again by the same actor with equal payload."""
    story = Story(SHOP)
    story.send("go")
    story.send("go")
    assert (story.code, story.last.repeated) == (None, True)
    assert isinstance(story.facts[-1].body, Accepted)
    story.send("go", {"rationale": "another"})
    assert story.code == "NOT_YOUR_TURN"


@pytest.mark.parametrize("way", ["below", "limit", "timer", "time of the session", "again"])
def test_exit_runs_whatever_the_state_is_left_for(way: str) -> None:
    """A floor, a limit, a timer and the state itself are ways to leave like any other."""
    story = Story(SHOP)
    match way:
        case "below":
            story.send("doubt", {"confidence": 0.1, "rationale": "r"})
            target, because = "review", "below"
        case "limit":
            story.send("nothing")
            story.send("nothing")
            assert story.code == "LIMIT_REACHED"
            target, because = "closed", "limit"
        case "timer":
            story.pass_time(25 * HOUR)
            target, because = "overdue", "after"
        case "time of the session":
            story.at += 10 * 24 * HOUR
            story.expire("0.duration.0")
            target, because = "overdue", "duration"
        case _:
            story.send("again")
            target, because = "counter", "next"
    assert (story.state, leaving_of(story).target) == ("counter", target)
    story.settle("t.close")
    assert (story.path()[-1], entered(story).because) == (target, because)
    assert len(story.path()) == 2


def test_a_limit_of_the_session_is_spent_when_the_state_it_leads_to_is_entered() -> None:
    """The name of the limit travels with the move."""
    story = Story(SHOP)
    for _ in range(6):
        story.call("t.look")
    assert (story.code, leaving_of(story).limit, story.session.spent) == ("LIMIT_REACHED", "calls.1", ())
    story.settle("t.close")
    assert (story.state, story.session.spent) == ("closed", ("calls.1",))


@pytest.mark.parametrize(("outcome", "target"), [("failed", "mending"), ("unknown", "lost")])
def test_a_step_of_exit_that_does_not_work_leads_elsewhere_and_exit_is_not_run_again(outcome: str, target: str) -> None:
    """The state's `failed` and `unknown` take the place of where it was going."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close", outcome=outcome)
    assert (story.state, entered(story).because) == (target, outcome)
    assert sum(1 for fact in story.facts if isinstance(fact.body, Intended) and fact.body.leaving) == 1


def test_a_step_of_exit_that_cannot_be_made_fails() -> None:
    """A value that does not fit the record fails a step of `exit` as any other."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look")
    story.settle("t.look", gives=10)
    assert (story.state, "n" in story.record) == ("mending", False)


def test_without_a_way_for_failures_the_move_that_was_decided_is_made() -> None:
    """A session never rests in a state that it is leaving, not even where `check` was not asked."""
    outside = replace(SHOP.states["outside"], failed=None, exit=SHOP.states["sorting"].exit)
    story = Story(replace(SHOP, initial="outside", states={**SHOP.states, "outside": outside}))
    story.send("answered", actor=OUTSIDE)
    story.settle("t.look", outcome="failed")
    assert (story.state, entered(story).because) == ("review", "next")


def test_the_time_of_the_session_changes_where_a_state_is_left_for() -> None:
    """A timer of the session that fires while `exit` runs replaces the target; the steps are not begun again."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look")  # the exit of `sorting` reads
    call = story.open_call("t.look")
    story.at += 10 * 24 * HOUR
    story.expire("0.duration.0")
    assert isinstance(story.facts[-2].body, TimerFired)
    out_of_time = Leaving("overdue", "duration", "duration.0", spent=SpentLimit("duration", 9 * 24 * HOUR))
    assert (leaving_of(story), story.open_call("t.look")) == (out_of_time, call)
    story.settle("t.look", gives=1)
    assert (story.state, entered(story).because) == ("overdue", "duration")


def test_no_timer_moves_a_session_whose_exit_has_an_open_write() -> None:
    """Format: no limit, timer or cancellation moves a session that has an open write."""
    story = Story(SHOP)
    story.send("go")
    assert story.session.stay.timers == {}
    story.at += 10 * 24 * HOUR
    story.expire("0.duration.0")
    assert leaving_of(story).target == "sorting"
    story.cancel()
    assert story.code == "IN_PROGRESS"
    story.settle("t.close")
    assert (story.state, leaving_of(story).target) == ("sorting", "overdue")  # what became due meanwhile acts now
    assert [call.arguments for call in story.session.stay.open.values()] == [{"x": 2}]  # and cuts off a read of `run`


def test_a_timer_that_was_due_while_a_write_was_open_leaves_by_exit_once() -> None:
    """What became due fires when the write is settled; behind the first that moves, nothing of the stay does."""
    story = Story(SHOP)
    story.call("t.close")
    story.at += 10 * 24 * HOUR
    story.expire("1.after.0")
    assert story.session.stay.leaving is None
    story.settle("t.close")
    assert leaving_of(story).because == "after"
    story.pass_time(0)
    assert story.session.stay.leaving is not None  # the write of `exit` holds the session's own timer
    story.settle("t.close")
    assert story.state == "overdue"


def test_a_read_that_ends_while_the_state_is_left_counts_for_nothing() -> None:
    """The stay is over for the agent: what it asked before is recorded, saves nothing and is no evidence."""
    story = Story(SHOP)
    read = story.ask("t.look")
    story.send("go")
    story.observe(read, gives=7)
    assert (story.record, story.session.done) == ({"left": 1}, {})


def test_a_cancelled_session_ends_where_it_is_when_exit_has_run() -> None:
    """A task that was created elsewhere is closed there, whatever a state is left for."""
    story = Story(SHOP)
    story.cancel("enough", actor=ADA_HERSELF)
    assert (story.facts[-3].kind, story.facts[-3].action, story.facts[-3].actor_id) == ("intended", "cancel", "ada")
    assert (story.session.ended, leaving_of(story)) == (None, Leaving("counter", "cancel", reason="enough", by="ada"))
    assert story.open_call("t.close").arguments == {"x": 1}
    story.settle("t.close")
    assert (administered(story).act, administered(story).reason, administered(story).by) == (
        "cancelled",
        "enough",
        "ada",
    )
    assert (story.state, story.path(), story.record) == ("counter", ["counter"], {"left": 1})
    assert story.session.ended == Ended("cancelled", story.at)


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_a_cancelled_session_ends_even_where_exit_does_not_work(outcome: str) -> None:
    """The state's `failed` and `unknown` do not take the place of its end. An unknown write stays to be settled."""
    story = Story(SHOP)
    story.cancel()
    story.settle("t.close", outcome=outcome)
    assert (story.state, story.session.ended) == ("counter", Ended("cancelled", story.at))
    assert [one.status for one in story.session.effects.values()] == (["unknown"] if outcome == "unknown" else [])


def test_nothing_moves_a_session_that_is_cancelled_while_exit_runs() -> None:
    """Nobody acts, no timer fires, it is neither cancelled again nor restarted."""
    story = Story(SHOP)
    story.send("doubt", {"confidence": 0.1, "rationale": "r"})
    story.settle("t.close")
    review = story.session.stay.review
    assert review is not None
    story.cancel()
    read = story.open_call("t.look")
    before = story.session
    assert (before.next_timer_at, before.stay.review) == (None, None)
    story.decide("approve", digest=review.shown_digest)
    assert story.code == "NOT_YOUR_TURN"
    story.send("back")
    assert story.code == "NOT_YOUR_TURN"
    story.cancel()
    assert (story.code, "ada has cancelled" in story.message) == ("IN_PROGRESS", True)
    story.submit(Restart("counter", "r"), ADA_HERSELF, channel="cli")
    assert story.code == "IN_PROGRESS"
    story.pass_time(30 * 24 * HOUR)
    assert (story.session.stay, story.open_call("t.look")) == (before.stay, read)
    story.settle("t.look", gives=1)
    assert (story.state, story.session.ended) == ("review", Ended("cancelled", story.at))
    story.submit(Restart("counter", "r"), ADA_HERSELF, channel="cli")
    assert (story.state, story.session.ended, story.session.stay.open) == ("counter", None, {})


def test_a_session_that_is_being_left_is_cancelled_when_exit_has_run_once() -> None:
    """Another way to leave by takes the place of the first."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look")
    call = story.open_call("t.look")
    story.cancel()
    assert (leaving_of(story).because, story.open_call("t.look")) == ("cancel", call)
    story.settle("t.look", gives=4)
    assert (story.state, story.session.ended, story.record["n"]) == ("sorting", Ended("cancelled", story.at), 4)


def test_a_session_without_exit_ends_at_once() -> None:
    """One row, by the person who cancels."""
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look", outcome="failed")
    story.settle("t.look", gives=1)
    assert story.state == "mending"
    story.cancel("enough")
    assert (story.facts[-1].actor_id, administered(story).reason, administered(story).by) == ("ada", "enough", None)
    assert story.session.ended == Ended("cancelled", story.at)


def test_a_read_of_exit_is_taken_over_and_a_write_becomes_unknown() -> None:
    """Design, section 6: the rules of other steps hold."""
    story = Story(SHOP)
    story.send("go")
    story.take_over("t.close")
    assert story.state == "lost"
    story = Story(SHOP)
    story.send("go")
    story.settle("t.close")
    story.settle("t.look")
    story.take_over("t.look")
    assert (story.open_call("t.look").attempt, leaving_of(story).target) == (2, "outside")
    story.settle("t.look", gives=1, instance="two")
    assert story.state == "outside"


def test_a_decision_is_bound_to_a_review_that_is_still_open() -> None:
    """A review closes with the decision, before what its `exit` does."""
    story = Story(SHOP)
    story.send("doubt", {"confidence": 0.1, "rationale": "r"})
    story.settle("t.close")
    assert story.session.stay.review is not None
    story.decide("stop", actor=MARIA)
    assert story.session.stay.review is None
    story.settle("t.look", outcome="failed")
    assert story.state == "mending"

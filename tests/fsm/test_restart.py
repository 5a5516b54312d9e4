"""A person lets a session go on from a state: `sessions restart --from STATE --reason TEXT`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.loading import load
from pointsman.fsm.commands import Restart, Settle
from pointsman.fsm.facts import Administered, Entered
from pointsman.fsm.session import Actor, Leaving

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, Story, result_of, with_tools, workflow

DAY_MS: Final = 86_400_000
LONG: Final = workflow("""
    record: {n: {type: integer}, seen: {}}
    start: {accepts: [n]}
    roles: [reviewer]
    initial: a
    confidence: {floor: 0.5, path_floor: 0.3, below: review}
    limits: [{calls: 3, then: stuck}, {duration: 5d, then: stuck}, {steps: 20, then: stuck}]
    tools: {t.look: {effect: read}, t.post: {effect: write, key: {over: [x]}}}
    states:
      a:
        actor: agent
        tools: [t.look, t.post]
        failed: stuck
        unknown: stuck
        events: {go: {requires: [n], next: b}, plain: {confidence: off, next: b}}
      b:
        actor: system
        run: [{call: t.look, with: {x: 1}, save: seen}]
        next: review
        failed: stuck
      review:
        actor: human
        review: {role: reviewer, due: {in: 9d, then: stuck}}
        events: {back: {next: a}, stop: {next: done}}
      done: {final: success}
      stuck: {final: manual, owner: o}
""")
MARIA_DRIVES: Final = Actor("human", "maria", ("reviewer",))


def restart(story: Story, state: str, actor: Actor = ADA_HERSELF) -> None:
    story.submit(Restart(state, "the bank is back"), actor, channel="cli")


def in_review() -> Story:
    story = Story(LONG)
    story.send("go", {"n": 3, "confidence": 0.9, "rationale": "r"})
    story.settle("t.look", gives="s")
    assert story.state == "review"
    return story


def test_a_session_that_has_ended_goes_on_from_a_state_with_what_it_holds() -> None:
    """A person, audited; what the session holds stays."""
    story = in_review()
    story.decide("stop")
    assert story.session.ended is not None
    done, visits = story.session.done, story.session.visits

    restart(story, "a")

    assert story.state == "a"
    assert story.session.ended is None
    assert story.record == {"n": 3, "seen": "s"}
    assert story.session.done == done
    assert story.session.decisions["review"].event == "stop"
    assert story.session.visits == {**visits, "a": 2}
    admin, entered = story.facts[-2:]
    assert isinstance(admin.body, Administered)
    assert isinstance(entered.body, Entered)
    assert (admin.kind, admin.body.act, admin.body.reason) == ("admin", "restarted", "the bank is back")
    assert (admin.actor_id, entered.body.because, entered.state_after) == ("ada", "restart", "a")
    story.send("plain")
    assert story.state == "b"


def test_a_session_that_runs_goes_on_from_another_state() -> None:
    story = in_review()
    restart(story, "b")
    assert (story.state, story.session.stay.review, len(story.session.stay.open)) == ("b", None, 1)
    story.settle("t.look", gives="again")
    assert (story.state, story.record["seen"]) == ("review", "again")


def test_what_limits_count_begins_anew() -> None:
    """A person gave it a new budget."""
    story = Story(LONG)
    for _ in range(4):
        story.call("t.look")
    assert (story.state, story.session.spent) == ("stuck", ("calls.0",))
    story.at += DAY_MS

    restart(story, "a")

    assert (story.session.spent, story.session.counts.calls, story.session.counts.steps) == ((), 0, 1)
    assert [timer.at for timer in story.session.timers.values()] == [story.at + 5 * DAY_MS]
    for _ in range(3):
        story.call("t.look")
    assert story.state == "a"
    story.call("t.look")
    assert (story.state, story.session.spent) == ("stuck", ("calls.0",))


def test_the_paths_confidence_begins_anew() -> None:
    story = in_review()
    assert story.session.path_confidence == 0.9
    restart(story, "a")
    assert story.session.path_confidence == 1


def test_a_timer_of_the_time_before_does_not_fire() -> None:
    story = in_review()
    story.at += DAY_MS
    restart(story, "a")
    story.at += 4 * DAY_MS
    story.expire("0.duration.0")
    assert story.state == "a"
    story.pass_time(DAY_MS)
    assert story.state == "stuck"


def test_an_event_sent_before_the_restart_is_stale_and_not_repeated() -> None:
    story = Story(LONG)
    before = story.session.revision
    sent: dict[str, object] = {"n": 3, "confidence": 0.9, "rationale": "r"}
    story.send("go", sent, expected_revision=before)
    story.settle("t.look", gives="s")
    restart(story, "a")
    story.send("go", sent, expected_revision=before)
    assert (story.code, story.last.repeated) == ("STALE", False)


def test_a_cancelled_session_can_go_on() -> None:
    story = in_review()
    story.cancel()
    restart(story, "review")
    assert (story.state, story.session.ended, story.session.stay.review is not None) == ("review", None, True)


@pytest.mark.parametrize("state", ["done", "nowhere", ""])
def test_nothing_goes_on_from_where_there_is_nothing_to_do(state: str) -> None:
    story = in_review()
    restart(story, state)
    assert (story.code, story.state) == ("NOT_ALLOWED", "review")
    assert "only from: a, b, review." in story.message


@pytest.mark.parametrize("actor", [ADA, SERVER, OUTSIDE, Actor("agent", "maria", ("reviewer",)), MARIA_DRIVES])
def test_nobody_else_restarts(actor: Actor) -> None:
    """Design, section 7: no credential of kind agent, and nobody who may not drive."""
    story = in_review()
    restart(story, "a", actor)
    assert (story.code, story.state) == ("FORBIDDEN", "review")


def test_a_restart_waits_for_the_outcome_of_an_open_write() -> None:
    story = Story(LONG)
    story.call("t.post")
    restart(story, "b")
    assert (story.code, story.state) == ("IN_PROGRESS", "a")
    story.settle("t.post")
    restart(story, "b")
    assert story.state == "b"


def test_a_read_that_was_open_counts_for_nothing_afterwards() -> None:
    story = Story(LONG)
    story.send("plain")
    late = story.open_call("t.look")
    read = Story(LONG).ask("t.look")
    restart(story, "a")
    assert late.id not in story.session.stay.open
    story.observe(read, gives=1)
    assert (story.session.done, story.session.stay.counts.calls) == ({}, 0)


LEAVING: Final = workflow("""
    record: {seen: {}}
    initial: a
    tools: {t.look: {effect: read}}
    states:
      a:
        actor: agent
        exit: [{all: [{call: t.look, with: {x: 1}, save: seen}, {call: t.look, with: {x: 2}}]}]
        failed: c
        events: {go: {next: b}}
      b: {actor: agent, events: {go: {next: c}}}
      c: {final: stopped}
""")


def test_a_restart_leaves_the_state_by_what_it_does_on_exit() -> None:
    """What was begun elsewhere in `entry` is ended there. A step of `exit` that fails is not in the way."""
    story = Story(LEAVING)
    restart(story, "b")
    assert (story.path(), story.session.stay.leaving) == (["a"], Leaving("b", "restart"))
    for call in [*story.session.stay.open.values()]:
        story.submit(Settle(call.id, result_of("done", int(str(call.arguments["x"])))))
    assert (story.path(), story.record) == (["a", "b"], {"seen": 1})

    failing = Story(LEAVING)
    restart(failing, "b")
    failing.settle("t.look", outcome="failed")
    failing.settle("t.look")
    assert failing.path() == ["a", "b"]


def test_a_session_that_has_ended_is_restarted_without_exit() -> None:
    """It was left when it ended."""
    story = Story(LEAVING)
    story.cancel()
    story.settle("t.look")
    story.settle("t.look")
    assert story.session.ended is not None
    restart(story, "b")
    assert (story.path(), story.session.stay.open) == (["a", "b"], {})


def test_a_session_that_is_leaving_goes_on_from_the_state_of_the_restart() -> None:
    """The step of `exit` that runs is begun again, here: whoever ran it may be gone."""
    story = Story(LEAVING)
    story.send("go")
    story.settle("t.look", gives=1)
    restart(story, "a")
    assert (story.path(), story.session.stay.leaving) == (["a"], Leaving("a", "restart"))
    story.settle("t.look", gives=2)
    story.settle("t.look")
    assert (story.path(), story.session.stay.leaving, story.record) == (["a", "a"], None, {"seen": 2})


STUCK: Final = workflow("""
    record: {seen: {type: integer}}
    initial: a
    tools: {t.look: {effect: read}}
    states:
      a:
        actor: system
        entry: [{call: t.look, with: {x: 1}}]
        run: [{call: t.look, with: {x: 2}}]
        exit: [{call: t.look, with: {x: 3}}]
        failed: b
        next: c
      b: {actor: agent, events: {go: {next: c}}}
      c: {final: stopped}
""")


def test_a_state_that_was_not_entered_or_got_stuck_in_its_steps_is_not_asked_for_its_exit() -> None:
    """A restart is the remedy where steps do not work."""
    entering = Story(STUCK)
    restart(entering, "b")
    assert entering.path() == ["a", "b"]

    working = Story(STUCK)
    working.settle("t.look")
    restart(working, "b")
    assert (working.path(), working.open_call("t.look").arguments) == (["a"], {"x": 3})

    states = {**STUCK.states, "a": replace(STUCK.states["a"], failed=None)}
    stuck = Story(replace(STUCK, states=states))
    stuck.settle("t.look")
    stuck.settle("t.look", outcome="failed")
    assert (stuck.path(), stuck.session.stay.branches) == (["a"], {"0": "failed"})
    restart(stuck, "a")
    assert stuck.path() == ["a", "a"]


PAYING: Final = workflow("""
    record: {n: {type: integer}}
    roles: [reviewer]
    initial: asking
    limits: [{steps: 30, then: stuck}]
    confidence: {floor: 0.5, below: second}
    tools: {t.pay: {effect: write, key: {over: [x]}}}
    states:
      asking: {actor: agent, events: {ask: {accepts: [n], next: first}, wait: {confidence: off, next: outside}}}
      outside: {actor: external, events: {heard: {next: asking}}, after: {in: 1d, to: stuck}}
      first:
        actor: human
        review: {role: reviewer, exclude: [=session.started_by], due: {in: 2d, then: late}}
        events: {approve: {next: second}, reject: {next: over}}
      late: {actor: agent, events: {again: {confidence: off, next: first}}}
      second:
        actor: human
        review: {role: reviewer, exclude: [=session.started_by]}
        events:
          approve: {approvals: 2, next: paying}
          ask_again: {next: asking}
      paying: {actor: system, run: [{call: t.pay, with: {x: 1}}], next: over, failed: stuck, unknown: stuck}
      over: {final: success}
      stuck: {final: manual, owner: o}
""")


@pytest.mark.parametrize(
    ("actor", "state", "code"),
    [
        (ADA_HERSELF, "asking", None),
        (ADA_HERSELF, "first", None),
        (ADA_HERSELF, "second", None),
        (ADA_HERSELF, "late", "FORBIDDEN"),
        (ADA_HERSELF, "paying", "FORBIDDEN"),
        (Actor("human", "ada", ()), "paying", "FORBIDDEN"),
    ],
)
def test_a_restart_is_no_way_round_a_decision_that_is_another_persons(
    actor: Actor, state: str, code: str | None
) -> None:
    """Whom a review excludes does not let the session go on behind it; what comes before it they may repeat."""
    story = Story(PAYING)
    restart(story, state, actor)
    assert story.code == code
    assert story.state == ("asking" if code else state)


def test_whoever_may_decide_restarts_behind_a_review_but_not_alone_behind_one_that_takes_two() -> None:
    text = PAYING.text.replace("workflow: tale", "workflow: tale\naccess: {drive: [starter, reviewer]}")
    story = Story(with_tools(load(text, "tale.yaml")))
    restart(story, "late", MARIA)
    assert (story.code, story.state) == (None, "late")
    restart(story, "paying", MARIA)
    assert story.code == "FORBIDDEN"
    assert story.message.endswith("from these states you can: asking, outside, first, late, second.")
    story.submit(Restart("late", "r", owns=("ada",)), MARIA, channel="cli")
    assert story.code == "FORBIDDEN", "whom the review excludes, she answers for"

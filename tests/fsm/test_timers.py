"""Timers: `after`, `due`, `remind` (workflow format, "state"); what is due fires once, and never cuts a write off."""

from pointsman.fsm.commands import Settle, TakeOver
from pointsman.fsm.facts import TimerFired

from .driver import Story, result_of, workflow

HOUR = 3_600_000

WAITING = workflow("""
    record: {late: {type: boolean}, gone: {type: string}}
    roles: [reviewer]
    initial: a
    tools: {t.post: {effect: write, key: {over: [x]}}, t.read: {effect: read}}
    states:
      a:
        actor: agent
        tools: [t.post]
        failed: f
        unknown: f
        after:
          - {in: 1h, to: early, when: has(record.late)}
          - {in: 2h, to: review}
        events: {go: {accepts: [late], next: a}}
      early: {final: stopped}
      review:
        actor: human
        review: {role: reviewer, due: {in: 2h, remind: 1h, then: reading}}
        events: {ok: {next: early}}
      reading:
        actor: system
        run: [{call: t.read, with: {x: 1}}]
        next: early
        failed: f
        after: {in: 1h, to: resting}
      resting:
        actor: system
        next: [{to: f, when: visits.resting > 2}]
        after: [{in: 1m, to: early, when: record.gone == 'x'}, {in: 1h, to: f}]
      f: {final: failed, owner: o}
""")


def fired(story: Story) -> list[str]:
    return [fact.body.effect for fact in story.facts if isinstance(fact.body, TimerFired)]


def test_a_timer_whose_guard_is_false_is_held_and_the_next_one_moves() -> None:
    """Format: `after`, one or a list of `in`, `to`, `when`."""
    story = Story(WAITING)
    story.pass_time(HOUR)
    assert (story.state, fired(story)) == ("a", ["held"])
    story.pass_time(HOUR)
    assert (story.state, fired(story)) == ("review", ["held", "moved"])


def test_a_timer_whose_guard_is_true_moves_the_session() -> None:
    """Format: `after` with `when`."""
    story = Story(WAITING)
    story.send("go", {"late": True})
    story.pass_time(HOUR)
    assert story.state == "early"


def test_a_timer_whose_guard_cannot_be_judged_is_held_and_says_why() -> None:
    """Format: an error never passes."""
    story = Story(WAITING)
    story.pass_time(2 * HOUR)
    story.pass_time(2 * HOUR)
    story.pass_time(HOUR)
    assert story.state == "resting"
    story.pass_time(60_000)
    held = story.facts[-1].body
    assert isinstance(held, TimerFired)
    assert held.effect == "held"
    assert held.error
    story.pass_time(HOUR)
    assert story.state == "f"


def test_a_timer_that_is_not_due_or_not_there_says_nothing() -> None:
    """Fsm: a command that no longer fits leaves no row."""
    story = Story(WAITING)
    for timer in ("1.after.0", "2.after.0", "nonsense"):
        story.expire(timer)
        assert story.last.facts == ()
    story.at -= HOUR
    story.expire("1.after.1")
    assert story.last.facts == ()


def test_a_timer_fires_once() -> None:
    """Fsm: in every case it does not fire again."""
    story = Story(WAITING)
    story.at += HOUR
    story.expire("1.after.0")
    story.expire("1.after.0")
    assert fired(story) == ["held"]


def test_the_timers_of_a_stay_end_with_it() -> None:
    """Format: `in` counts from entering the state."""
    story = Story(WAITING)
    story.pass_time(HOUR + HOUR // 2)
    story.send("go")
    story.pass_time(HOUR)
    assert story.session.stay.number == 2
    assert story.state == "a"


def test_a_review_reminds_and_goes_on_when_nobody_decides() -> None:
    """Design, section 7: by when, and what happens if nobody does."""
    story = Story(WAITING)
    story.pass_time(2 * HOUR)
    story.pass_time(HOUR)
    assert (story.state, fired(story)[-1]) == ("review", "reminded")
    story.pass_time(HOUR)
    assert story.state == "reading"


def test_a_timer_cuts_off_a_read_and_its_outcome_is_ignored() -> None:
    """Format: only an open write holds timers."""
    story = Story(WAITING)
    story.pass_time(2 * HOUR)
    story.pass_time(2 * HOUR)
    call = story.open_call("t.read")
    story.pass_time(HOUR)
    assert story.state == "resting"

    story.submit(Settle(call.id, result_of("done")))
    assert story.last.facts == ()
    story.submit(TakeOver(call.id, "one"), instance="two")
    assert story.last.facts == ()


def test_a_timer_waits_for_the_outcome_of_an_open_write_and_acts_then() -> None:
    """Format: no timer moves a session that has an open write: it waits for the outcome."""
    story = Story(WAITING)
    story.call("t.post")
    story.pass_time(3 * HOUR)
    assert (story.state, fired(story)) == ("a", [])
    story.settle("t.post")
    assert (story.state, fired(story)) == ("review", ["held", "moved"])


def test_what_became_due_while_a_write_was_open_waits_for_the_last_open_write() -> None:
    """As above, with two writes."""
    story = Story(WAITING)
    story.call("t.post", {"x": 1})
    story.call("t.post", {"x": 2})
    story.pass_time(3 * HOUR)
    story.settle("t.post")
    assert (story.state, fired(story)) == ("a", [])
    story.settle("t.post")
    assert story.state == "review"


def test_the_outcome_itself_comes_before_what_became_due() -> None:
    """Design, section 6: an unknown effect takes the state's `unknown`."""
    story = Story(WAITING)
    story.call("t.post")
    story.pass_time(3 * HOUR)
    story.settle("t.post", outcome="unknown")
    assert (story.state, fired(story)) == ("f", [])


def test_the_time_of_the_session_acts_after_the_stay_that_held_it_up() -> None:
    """Format: `duration` at the top; an open write holds it."""
    story = Story(
        workflow("""
            initial: a
            limits: [{duration: 1h, then: late}]
            tools: {t.post: {effect: write, key: {over: [x]}}}
            states:
              a: {actor: system, run: [{call: t.post, with: {x: 1}}], next: b, failed: e, unknown: e}
              b: {actor: agent, events: {go: {next: e}}}
              late: {actor: agent, events: {go: {next: e}}}
              e: {final: stopped}
        """)
    )
    story.pass_time(2 * HOUR)
    assert story.state == "a"
    story.settle("t.post")
    assert story.path() == ["a", "b", "late"]

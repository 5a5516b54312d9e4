"""Long ways: states the server passes through by itself, and the limit on states entered."""

import pytest

from pointsman.contracts import bounds
from pointsman.fsm.facts import Entered

from .driver import Story, workflow

CHAIN = """
    record: {n: {type: integer}}
    initial: start_here
    states:
      start_here: {actor: system, entry: [{set: {n: 0}}], next: loop, failed: f}
      loop:
        actor: system
        entry: [{set: {n: =record.n + 1}}]
        next: [{to: e, when: visits.loop >= LENGTH}, {to: loop}]
        failed: f
      e: END
      f: {final: failed, owner: o}
"""


@pytest.mark.parametrize("end", ["{final: success}", "{actor: agent, events: {go: {next: f}}}"])
def test_a_long_chain_of_system_states_yields_and_goes_on_by_a_timer_that_is_due_at_once(end: str) -> None:
    """Bounds: STATES_PER_COMMAND, then the session yields and goes on by a timer that is due at once."""
    story = Story(workflow(CHAIN.replace("LENGTH", "250").replace("END", end)))
    assert story.state == "loop"
    entered = len(story.path())
    assert entered == bounds.STATES_PER_COMMAND + 1
    assert story.session.next_timer_at == story.at
    story.send("go")
    assert story.code == "NOT_YOUR_TURN"

    story.pass_time(0)

    assert story.state == "e"
    assert story.record["n"] == 250
    assert story.session.next_timer_at is None


@pytest.mark.parametrize("length", [99, 100, 101])
def test_a_chain_that_ends_where_it_would_yield_leaves_no_timer_behind(length: int) -> None:
    """Bounds: at most STATES_PER_COMMAND, then a `continue` timer; an ended session has none."""
    story = Story(workflow(CHAIN.replace("LENGTH", str(length)).replace("END", "{final: success}")))
    story.pass_time(0)
    assert story.state == "e"
    assert story.session.stay.timers == {}


def test_the_limit_on_states_entered_sends_the_session_elsewhere_once() -> None:
    """Format: `steps` (states entered) at the top; a session limit moves the session once."""
    story = Story(
        workflow("""
            initial: a
            limits: [{steps: 3, then: out}]
            states:
              a: {actor: agent, events: {go: {next: b}}}
              b: {actor: agent, events: {go: {next: a}, stop: {next: out}}}
              out: {actor: agent, events: {go: {next: a}, stop: {next: e}}}
              e: {final: stopped}
        """)
    )
    for _ in range(3):
        story.send("go")
    assert story.path() == ["a", "b", "a", "out"]
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (entered.because, entered.limit) == ("limit", "steps.0")
    story.send("go")
    assert story.state == "a"
    assert story.session.counts.steps == 5


def test_the_first_limit_on_states_that_has_not_moved_the_session_is_taken() -> None:
    """Format: limits are a list; each moves the session once."""
    story = Story(
        workflow("""
            initial: a
            limits: [{steps: 2, then: out}, {steps: 3, then: e}]
            states:
              a: {actor: agent, events: {go: {next: a}, stop: {next: out}}}
              out: {actor: agent, events: {go: {next: a}, stop: {next: e}}}
              e: {final: stopped}
        """)
    )
    for _ in range(3):
        story.send("go")
    assert story.path() == ["a", "a", "out", "e"]

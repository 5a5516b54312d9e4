"""A process that is gone (design, section 3; issue: a write is `unknown` when the server died in between)."""

from pointsman.fsm.commands import TakeOver
from pointsman.fsm.facts import Settled

from .driver import ADA, Story, workflow
from .test_steps import MATCHING


def test_a_step_may_be_taken_over_and_the_process_that_is_gone_is_not_believed() -> None:
    """Design, section 3: others take a call over when the lease has expired; a read runs again."""
    story = Story(MATCHING, {"id": "7"})
    call = story.open_call("t.a")
    story.take_over("t.a", gone="somebody else")
    assert story.open_call("t.a") == call
    story.take_over("t.a")
    again = story.open_call("t.a")
    assert (again.id, again.attempt, again.instance) == (call.id, 2, "two")
    story.settle("t.a", gives=1, instance="one")
    assert "a" not in story.record
    story.settle("t.a", gives=1, instance="two")
    assert story.record["a"] == 1
    assert story.session.counts.calls == 0


def test_a_write_whose_process_is_gone_is_unknown() -> None:
    """`unknown` when the server died in between."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.b", gives={"n": 2})
    story.settle("t.a", gives=1)
    call = story.open_call("t.w")
    story.take_over("t.w")
    assert story.state == "lost"
    settled = next(fact for fact in story.facts if isinstance(fact.body, Settled) and fact.body.call == call.id)
    assert settled.outcome == "unknown"


def test_a_write_of_an_agent_whose_process_is_gone_is_unknown() -> None:
    """As above, for a write an agent asked."""
    story = Story(
        workflow("""
            initial: a
            tools: {t.w: {effect: write, key: {over: [x]}}}
            states:
              a: {actor: agent, tools: [t.w], failed: f, unknown: u, events: {go: {next: f}}}
              u: {final: manual, owner: o}
              f: {final: failed, owner: o}
        """)
    )
    story.call("t.w", actor=ADA)
    story.take_over("t.w")
    assert story.state == "u"
    story.submit(TakeOver("3", "one"))
    assert story.last.facts == ()

"""The server's own steps: `entry`, `run`, `all`, `set`, `save`, `failed`, `unknown` (workflow format, "state")."""

import pytest

from pointsman.contracts import bounds
from pointsman.fsm.commands import TakeOver
from pointsman.fsm.facts import Entered, Settled

from .driver import ADA, Story, workflow

MATCHING = workflow("""
    record:
      id: {type: string}
      a: {type: integer}
      b: {type: integer}
      sum: {type: integer, maximum: 100}
      label: {type: string}
      both: {type: object}
    start: {accepts: [id]}
    initial: matching
    tools: {t.a: {effect: read}, t.b: {effect: read}, t.w: {effect: write, key: {over: [x]}}}
    states:
      matching:
        actor: system
        entry:
          - set: {label: ='for ' + record.id}
        run:
          - all:
              - {call: t.a, with: {x: 1}, save: a}
              - {call: t.b, with: {x: 2}, save: {b: =result.n}}
              - set: {both: {}}
          - set: {sum: =record.a + record.b}
          - {call: t.w, with: {x: =record.sum, label: =record.label}}
        next:
          - {to: small, when: record.sum < 10}
          - {to: large}
        failed: broken
        unknown: lost
      small: {final: success}
      large: {final: stopped}
      broken: {final: failed, owner: someone}
      lost: {final: manual, owner: someone}
""")


def test_the_branches_of_an_all_run_at_the_same_time_and_each_success_is_saved() -> None:
    """Format: `all`, at the same time, on one view of the record."""
    story = Story(MATCHING, {"id": "7"})
    assert {call.tool for call in story.session.stay.open.values()} == {"t.a", "t.b"}
    assert story.record == {"id": "7", "label": "for 7", "both": {}}
    assert story.session.provenance["label"].how == "set"

    story.settle("t.b", gives={"n": 2})
    assert story.session.stay.position.phase == "run"
    story.settle("t.a", gives=1)

    assert story.record["sum"] == 3
    write = story.open_call("t.w")
    assert (write.arguments, write.effect, write.purpose) == ({"x": 3, "label": "for 7"}, "write", "step")
    story.settle("t.w")
    assert (story.state, story.session.ended and story.session.ended.outcome) == ("small", "success")
    assert story.path() == ["matching", "small"]


def test_the_first_transition_that_is_true_is_taken() -> None:
    """Format: `next`, tried in order."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.b", gives={"n": 20})
    story.settle("t.a", gives=1)
    story.settle("t.w")
    assert story.state == "large"


def test_every_branch_settles_before_a_failed_one_sends_the_session_to_failed() -> None:
    """Format: in an `all` every branch settles and each success is saved; `failed` if any failed."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.a", outcome="failed")
    assert story.state == "matching"
    story.settle("t.b", gives={"n": 2})
    assert (story.state, story.record["b"]) == ("broken", 2)
    assert story.session.ended is not None
    assert (story.session.ended.outcome, story.session.ended.owner) == ("failed", "someone")


@pytest.mark.parametrize(("a", "b", "target"), [("unknown", "failed", "lost"), ("failed", "unknown", "lost")])
def test_unknown_comes_before_failed(a: str, b: str, target: str) -> None:
    """Format: then `unknown` if any is unknown, else `failed` if any failed."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.a", outcome=a)
    story.settle("t.b", outcome=b)
    assert story.state == target


def test_a_write_whose_outcome_nobody_knows_sends_the_session_to_unknown() -> None:
    """Design, section 6."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.b", gives={"n": 2})
    story.settle("t.a", gives=1)
    story.settle("t.w", outcome="unknown")
    assert story.state == "lost"


def test_a_result_that_does_not_fit_fails_the_step_and_stays_done() -> None:
    """Design, section 6: the effect stays done, the field is not written, the step fails, INVALID_FIELDS."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.a", gives="no integer")
    settled = story.facts[-1]
    assert isinstance(settled.body, Settled)
    assert (settled.outcome, settled.code, settled.body.step) == ("done", "INVALID_FIELDS", "failed")
    assert story.session.done["t.a"].count == 1
    story.settle("t.b", gives={"n": 2})
    assert (story.state, "a" in story.record) == ("broken", False)


def test_a_set_that_does_not_fit_the_record_fails() -> None:
    """Format: what is set is held to the field's schema."""
    story = Story(MATCHING, {"id": "7"})
    story.settle("t.a", gives=100)
    story.settle("t.b", gives={"n": 2})
    assert (story.state, "sum" in story.record) == ("broken", False)
    settled = next(fact for fact in reversed(story.facts) if isinstance(fact.body, Settled))
    assert (settled.action, settled.outcome, settled.code) == ("set", "failed", "INVALID_FIELDS")


def test_a_set_that_cannot_be_evaluated_fails() -> None:
    """Format: an error never passes; a system state takes its `failed`."""
    story = Story(MATCHING)
    assert (story.state, story.record) == ("broken", {})


def test_a_call_whose_arguments_cannot_be_made_fails_without_running() -> None:
    """Fsm: a call whose arguments cannot be made ends at once, and the other branches settle."""
    story = Story(
        workflow("""
            record: {id: {type: string}}
            initial: s
            tools: {t.a: {effect: read}, t.b: {effect: read}}
            states:
              s:
                actor: system
                run:
                  - all:
                      - {call: t.a, with: {x: =record.id}}
                      - {call: t.b, with: {x: 1}}
                next: e
                failed: f
              e: {final: success}
              f: {final: failed, owner: o}
        """)
    )
    settled = story.facts[-1].body
    assert isinstance(settled, Settled)
    assert (settled.call, settled.attempts, settled.step) == (None, 0, "failed")
    assert story.state == "s"
    story.settle("t.b")
    assert story.state == "f"


def test_a_guard_of_a_system_state_that_cannot_be_judged_takes_failed() -> None:
    """Format: an error stops the list; a system state takes its `failed`."""
    story = Story(
        workflow("""
            record: {id: {type: string}}
            initial: s
            states:
              s:
                actor: system
                next: [{to: e, when: "record.id == 'x'"}, {to: e}]
                failed: f
              e: {final: success}
              f: {final: failed, owner: o}
        """)
    )
    assert story.state == "f"
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert entered.because == "failed"
    assert entered.error
    assert "record.id" in entered.error


def test_a_guard_that_cannot_be_judged_leaves_a_state_without_failed_to_its_timers() -> None:
    """Format: an error never passes, and stops the list."""
    story = Story(
        workflow("""
            record: {id: {type: string}}
            initial: s
            states:
              s: {actor: system, next: [{to: e, when: "record.id == 'x'"}, {to: e}], after: {in: 1h, to: f}}
              e: {final: success}
              f: {final: failed, owner: o}
        """)
    )
    assert story.state == "s"
    story.pass_time(3_600_000)
    assert story.state == "f"


def test_entry_steps_run_before_an_agent_acts() -> None:
    """Format: `entry`, steps the server runs."""
    story = Story(
        workflow("""
            record: {doc: {type: string}}
            initial: s
            tools: {t.a: {effect: read}}
            states:
              s:
                actor: agent
                entry: [{call: t.a, with: {x: 1}, save: doc}]
                failed: f
                events: {go: {next: e}}
              e: {final: success}
              f: {final: failed, owner: o}
        """)
    )
    story.send("go")
    assert (story.code, "server" in story.message) == ("NOT_YOUR_TURN", True)
    story.settle("t.a", gives="d")
    story.send("go")
    assert (story.state, story.record) == ("e", {"doc": "d"})


def test_the_writer_of_a_field_a_step_saved_is_the_call() -> None:
    """Issue: every field of the record carries its provenance."""
    story = Story(MATCHING, {"id": "7"})
    assert story.session.provenance["id"].how == "start"
    assert story.session.provenance["id"].actor_id == "ada"
    story.settle("t.a", gives=1)
    provenance = story.session.provenance["a"]
    assert (provenance.how, provenance.action, provenance.state) == ("call", "t.a", "matching")
    assert provenance.revision == story.session.revision


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
    """Issue: `unknown` when the server died in between."""
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

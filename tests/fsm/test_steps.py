"""The server's own steps: `entry`, `run`, `all`, `set`, `save`, `failed`, `unknown` (workflow format, "state")."""

import pytest

from pointsman.fsm.facts import Entered, Settled

from .driver import Story, workflow

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
    """every field of the record carries its provenance."""
    story = Story(MATCHING, {"id": "7"})
    assert story.session.provenance["id"].how == "start"
    assert story.session.provenance["id"].actor_id == "ada"
    story.settle("t.a", gives=1)
    provenance = story.session.provenance["a"]
    assert (provenance.how, provenance.action, provenance.state) == ("call", "t.a", "matching")
    assert provenance.revision == story.session.revision

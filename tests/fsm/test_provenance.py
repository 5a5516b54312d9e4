"""Provenance (issue 7): how a value came, from which calls, how old it is, how sure, and where its reason is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from pointsman.fsm.remembered import CallMade
from pointsman.fsm.session import Provenance
from pointsman.fsm.tracing import as_of, origin

from .driver import MARIA, OUTSIDE, T0, Story, fold, workflow

DESK: Final = workflow("""
    record: {id: {type: string}, page: {}, name: {type: string}, total: {type: number}, mail: {}, paid: {}}
    start: {requires: [id]}
    roles: [reviewer]
    initial: reading
    tools: {t.read: {effect: read}, t.look: {effect: read}, t.pay: {effect: write, key: {over: [x]}}}
    confidence: {floor: 0.5, below: checking}
    states:
      reading:
        actor: agent
        tools: [{use: t.read, save: page}, t.look, {use: t.pay, save: paid}]
        events:
          read: {requires: [name], next: adding}
          prove: {requires: [name], evidence: [t.look], next: adding}
          sure: {confidence: off, requires: [name], next: adding}
          again: {confidence: off, next: reading}
        unknown: done
      adding: {actor: system, run: [{set: {total: =2.0}}], next: writing, failed: done}
      writing:
        actor: external
        events: {answered: {requires: [mail], next: checking}}
      checking:
        actor: human
        review: {role: reviewer, edit: [name], due: {in: 1d, then: done}}
        events: {settle: {next: done}, back: {next: reading}}
      done: {final: success}
""")
SURE: Final = {"name": "Ann", "confidence": 0.9, "rationale": "it says so"}


def of(story: Story, field: str) -> Provenance:
    return story.session.provenance[field]


def test_every_way_that_a_value_comes_has_its_word() -> None:
    """Issue 7: read directly or inferred; and what is computed, given or decided is neither."""
    story = Story(DESK, {"id": "1"})
    story.call("t.read", gives="Ann")
    story.send("read", SURE)
    assert origin(of(story, "name")) == "inferred"
    story.send("answered", {"mail": "hello"}, actor=OUTSIDE)
    assert story.state == "checking"
    assert {name: origin(one) for name, one in story.session.provenance.items()} == {
        "id": "given",
        "page": "read",
        "name": "inferred",
        "total": "computed",
        "mail": "given",
    }
    story.decide("settle", {"name": "Anna", "rationale": "a typo"}, actor=MARIA)
    assert (origin(of(story, "name")), of(story, "name").reasoned) == ("decided", True)


def test_what_a_model_sends_is_inferred() -> None:
    """Issue 7: an event of an agent or a model."""
    story = Story(DESK, {"id": "1"})
    story.send("read", SURE)
    assert origin(replace(of(story, "name"), actor_kind="model")) == "inferred"


def test_a_value_that_was_read_is_as_old_as_its_call() -> None:
    """Issue 7: from which call, how old."""
    story = Story(DESK, {"id": "1"})
    story.at += 500
    story.call("t.read", gives="Ann")
    assert of(story, "page").calls == (CallMade("t.read", story.session.revision, T0 + 500),)
    story.at += 60_000
    story.send("read", SURE)
    name = of(story, "name")
    assert (name.at, as_of(name)) == (T0 + 60_500, T0 + 500)
    assert (name.calls, name.confidence, name.reasoned) == (of(story, "page").calls, 0.9, True)
    assert as_of(of(story, "id")) == T0


def test_an_event_with_evidence_rests_on_that_alone() -> None:
    """Facts: its evidence, or, of an event without, the last calls of the stay."""
    story = Story(DESK, {"id": "1"})
    story.call("t.look", {"x": 1})
    looked = story.session.revision
    story.call("t.read", gives="Ann")
    story.send("prove", SURE)
    assert [call.revision for call in of(story, "name").calls] == [looked]


def test_calls_of_an_earlier_stay_are_not_what_an_event_rests_on() -> None:
    """Issue 7: what was called in that stay."""
    story = Story(DESK, {"id": "1"})
    story.call("t.read", gives="Ann")
    story.send("again")
    story.send("read", SURE)
    assert of(story, "name").calls == ()


def test_a_result_that_is_looked_up_is_as_old_as_the_write_that_was_made() -> None:
    """Design, section 6: an equal call is answered with the stored result."""
    story = Story(DESK, {"id": "1"})
    story.call("t.pay")
    story.settle("t.pay", gives="R-1")
    made = story.session.revision
    story.send("again")
    story.at += 9_000
    story.call("t.pay")
    story.settle("t.pay", gives="R-1")
    paid = of(story, "paid")
    assert (paid.calls, paid.at) == ((CallMade("t.pay", made, T0),), T0 + 9_000)


@pytest.mark.parametrize("rationale", ["it says so", None])
def test_an_event_without_confidence_takes_a_rationale_all_the_same(rationale: str | None) -> None:
    """Format: `rationale` is accepted by every event of an agent or model state, also with `confidence: off`."""
    story = Story(DESK, {"id": "1"})
    story.send("sure", {"name": "Ann", **({} if rationale is None else {"rationale": rationale})})
    assert (of(story, "name").reasoned, of(story, "name").confidence) == (rationale is not None, None)
    assert getattr(story.facts[-4].body, "rationale", None) == rationale


def test_facts_of_before_version_6_fold_to_what_they_folded_to() -> None:
    """Facts: `evolve` goes on reading the older ones, and gives the snapshots that are stored, byte for byte."""
    story = Story(DESK, {"id": "1"})
    story.call("t.read", gives="Ann")
    story.send("read", SURE)
    session = fold(None, [replace(fact, version=5) for fact in story.facts])
    assert (session.stay.calls, session.confidence_revisions) == ((), {})
    assert session.provenance["page"].calls == ()
    assert not session.provenance["name"].reasoned
    assert session.confidences == {"reading": 0.9}

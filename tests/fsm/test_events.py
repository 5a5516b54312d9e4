"""Events: a contract, evidence, guards, and where they lead (workflow format, "event" and "next")."""

import pytest

from pointsman.fsm.facts import Accepted, Denied
from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, OUTSIDE, SERVER, STRANGER, Story, workflow

LETTER = workflow("""
    record:
      subject: {type: string, minLength: 1}
      total: {type: number, minimum: 0}
      note: {type: string}
      seen: {type: string}
    initial: writing
    tools: {t.look: {effect: read}, t.peek: {effect: read}, t.post: {effect: write}}
    states:
      writing:
        actor: agent
        tools: [t.look, t.peek, t.post]
        failed: lost
        unknown: lost
        events:
          submit:
            requires: [subject, total]
            accepts: [note]
            payload: {urgent: {type: boolean}, 'why?': {type: string}}
            evidence: [t.look, t.peek]
            when: event.total < 1000.0
            message: Nothing above a thousand.
            next:
              - {to: cheap, when: record.total < 10.0}
              - {to: dear, when: record.total < 100.0}
              - {to: writing}
          strict:
            accepts: [seen]
            next:
              - {to: cheap, when: record.subject == 'x'}
              - {to: dear}
          narrow:
            requires: [total]
            next:
              - {to: cheap, when: record.total < 10.0}
        after: {in: 30d, to: lost}
      cheap: {final: success}
      dear: {actor: agent, events: {finish: {next: cheap}}}
      lost: {final: failed, owner: nobody}
""")

WHOLE = {"subject": "s", "total": 5, "urgent": True}


@pytest.fixture
def story() -> Story:
    return Story(LETTER)


def looked(story: Story) -> Story:
    story.call("t.look")
    story.call("t.peek")
    return story


def test_an_event_that_meets_its_contract_writes_its_fields_and_leaves_the_state(story: Story) -> None:
    """Format: `requires` and `accepts` are written when the event is accepted; `payload` is not."""
    looked(story).send("submit", {**WHOLE, "note": "n", "why": "because"})

    assert story.state == "cheap"
    assert story.record == {"subject": "s", "total": 5, "note": "n"}
    accepted = next(fact for fact in story.facts if fact.kind == "accepted")
    assert accepted.outcome == "done"
    provenance = story.session.provenance["note"]
    assert (provenance.how, provenance.action, provenance.state) == ("event", "submit", "writing")
    assert (provenance.actor_kind, provenance.actor_id) == ("agent", "ada")


def test_every_missing_and_every_invalid_field_is_listed(story: Story) -> None:
    """Design, section 4: every problem listed with its path; the first code that applies is given."""
    looked(story).send("submit", {"total": -1, "urgent": "yes", "extra": 1})

    assert story.code == "MISSING_FIELDS"
    assert story.last.refusal is not None
    paths = {one.path for one in story.last.refusal.unmet}
    assert {"subject", "total", "urgent"} <= paths
    assert any("extra" in one.path or "extra" in one.problem for one in story.last.refusal.unmet)
    assert story.record == {}


def test_fields_of_the_wrong_kind_alone_are_invalid(story: Story) -> None:
    """Design, section 4: INVALID_FIELDS when the contract is not met."""
    looked(story).send("submit", {**WHOLE, "total": "five"})

    assert story.code == "INVALID_FIELDS"


def test_a_long_list_of_problems_is_cut_in_the_message_and_whole_in_unmet(story: Story) -> None:
    """Design, section 4: with everything that is unmet."""
    looked(story).send("submit", {"subject": "", "total": -1, **{f"extra_{i}": i for i in range(10)}})

    assert story.last.refusal is not None
    assert len(story.last.refusal.unmet) > 8
    assert "more" in story.message


def test_evidence_must_have_succeeded_in_this_stay(story: Story) -> None:
    """Format: evidence; `within: stay` if not said. Only a call that has succeeded counts."""
    story.call("t.look", outcome="failed")
    story.send("submit", WHOLE)
    assert story.code == "MISSING_EVIDENCE"
    assert story.last.refusal is not None
    assert [one.path for one in story.last.refusal.unmet] == ["t.look", "t.peek"]

    story.call("t.look")
    story.send("submit", WHOLE)
    assert story.last.refusal is not None
    assert [one.path for one in story.last.refusal.unmet] == ["t.peek"]

    story.call("t.peek")
    story.send("submit", {**WHOLE, "total": 500})  # leads back to the same state: a new stay
    assert story.state == "writing"
    story.send("submit", {**WHOLE, "total": 501})
    assert story.code == "MISSING_EVIDENCE"


def test_a_read_that_outlives_its_stay_takes_no_evidence_away_from_the_next(story: Story) -> None:
    """Fsm: a read that outlived its stay is recorded and counts for nothing."""
    late = story.ask("t.look")
    looked(story).send("submit", {**WHOLE, "total": 500})
    looked(story)
    before = story.session

    story.observe(late)

    assert story.facts[-1].kind == "settled"
    assert story.session.done == before.done
    assert story.session.stay == before.stay
    story.send("submit", WHOLE)
    assert story.state == "cheap"


def test_a_guard_that_is_false_refuses_with_its_message(story: Story) -> None:
    """Format: any `when` may have a `message` beside it, which is what the agent is told."""
    looked(story).send("submit", {**WHOLE, "total": 2000})

    assert (story.code, story.message) == ("GUARD_FAILED", "Nothing above a thousand.")
    assert story.record == {}


@pytest.mark.parametrize(("total", "target"), [(5, "cheap"), (50, "dear"), (500, "writing")])
def test_transitions_are_tried_in_order_and_see_the_fields_just_written(story: Story, total: int, target: str) -> None:
    """Format: `next` is tried in order; the guards decide on the record with the event's fields."""
    looked(story).send("submit", {**WHOLE, "total": total})

    assert story.state == target


def test_a_guard_that_cannot_be_judged_stops_the_list(story: Story) -> None:
    """Format: an error never passes, and in an ordered list it stops the list: GUARD_FAILED."""
    story.send("strict", {"seen": "s"})

    assert (story.code, story.state) == ("GUARD_FAILED", "writing")
    assert story.record == {}


def test_why_a_guard_could_not_be_judged_stands_in_the_audit_and_is_told_to_nobody(story: Story) -> None:
    """Design, section 4: an agent is told a guard's message, never other values; the author finds the reason."""
    story.send("strict", {"seen": "s"})

    (denied,) = [fact.body for fact in story.facts if isinstance(fact.body, Denied)]
    assert denied.detail is not None
    assert "gives an error" in denied.detail
    assert denied.detail not in denied.message


def test_an_event_whose_list_has_no_true_entry_is_refused(story: Story) -> None:
    """Format: a guard passes only when it is true."""
    story.send("narrow", {"total": 11})

    assert (story.code, story.state) == ("GUARD_FAILED", "writing")


def test_an_unknown_event_is_refused_with_the_names_of_what_is_allowed(story: Story) -> None:
    """Design, section 4: NOT_ALLOWED names those that belong to this state."""
    story.send("finish")

    assert story.code == "NOT_ALLOWED"
    assert all(name in story.message for name in ("t.look", "t.peek", "t.post", "submit", "strict", "narrow"))


def test_an_event_of_an_earlier_stay_is_stale(story: Story) -> None:
    """Design, section 3: an expected revision is STALE when it is older than the current stay."""
    old = story.session.revision
    looked(story).send("submit", {**WHOLE, "total": 50})
    assert story.state == "dear"

    story.send("finish", expected_revision=old)
    assert story.code == "STALE"
    story.send("finish", expected_revision=story.session.revision + 1)
    assert story.code == "STALE"
    story.send("finish", expected_revision=story.session.stay.revision)
    assert story.state == "cheap"


def test_parallel_calls_of_one_turn_carry_the_same_revision_and_pass(story: Story) -> None:
    """Design, section 3: so the parallel calls of one agent turn pass."""
    seen = story.session.revision
    story.call("t.look", expected_revision=seen)
    story.call("t.peek", expected_revision=seen)
    story.send("submit", WHOLE, expected_revision=seen)

    assert story.state == "cheap"


def test_the_same_event_sent_again_is_answered_as_done_and_repeated(story: Story) -> None:
    """Design, section 3: the same event by the same actor with equal payload is `done`, `repeated: true`."""
    looked(story).send("submit", {**WHOLE, "total": 50})
    state = story.session

    decision = story.send("submit", {"urgent": True, "total": 50, "subject": "s"})

    assert decision.refusal is None
    assert decision.repeated
    assert story.facts[-1].outcome == "repeated"
    assert story.session.stay == state.stay
    assert story.record == state.record


def test_the_same_event_sent_again_after_the_end_is_still_repeated(story: Story) -> None:
    """Design, section 3, as above: a client that lost the reply asks again."""
    looked(story).send("submit", WHOLE)
    assert story.send("submit", WHOLE).repeated
    assert story.session.ended is not None


@pytest.mark.parametrize(
    ("arguments", "actor", "code"),
    [({**WHOLE, "total": 51}, ADA, "NOT_ALLOWED"), ({**WHOLE, "total": 50}, STRANGER, "NOT_FOUND")],
)
def test_another_payload_or_another_actor_is_no_repetition(
    story: Story, arguments: dict[str, object], actor: Actor, code: str
) -> None:
    """Design, section 3: by the same actor with equal payload."""
    looked(story).send("submit", {**WHOLE, "total": 50})
    story.send("submit", arguments, actor=actor)

    assert story.code == code
    assert not story.last.repeated


def test_the_same_event_in_a_new_stay_of_the_same_state_is_a_new_event(story: Story) -> None:
    """Design, section 3: `expected_revision` tells a repetition from the same words said anew."""
    old = story.session.revision
    looked(story).send("submit", {**WHOLE, "total": 500})
    assert story.session.stay.number == 2
    assert story.send("submit", {**WHOLE, "total": 500}, expected_revision=old).repeated

    looked(story).send("submit", {**WHOLE, "total": 500})
    assert not story.last.repeated
    assert story.session.stay.number == 3


@pytest.mark.parametrize("actor", [ADA_HERSELF, OUTSIDE, SERVER])
def test_only_an_agent_acts_where_an_agent_acts(story: Story, actor: Actor) -> None:
    """Design, section 4: NOT_YOUR_TURN."""
    story.send("narrow", {"total": 1}, actor=actor)
    assert story.code == "NOT_YOUR_TURN"
    story.call("t.look", actor=actor)
    assert story.code == "NOT_YOUR_TURN"


def test_after_the_end_everything_is_refused_with_the_state_it_ended_in(story: Story) -> None:
    """Design, section 4: SESSION_ENDED names the final state."""
    looked(story).send("submit", WHOLE)
    story.send("narrow", {"total": 1})
    assert (story.code, "cheap" in story.message) == ("SESSION_ENDED", True)
    story.call("t.look")
    assert story.code == "SESSION_ENDED"


MESSAGES = """
    record: {n: {type: integer}, late: {type: boolean}}
    start: {accepts: [n, late]}
    initial: a
    states:
      a:
        actor: agent
        events:
          go:
            next:
              - {to: b, when: record.n == 1, message: One leads to b.}
              - {to: b, when: record.n == 2}
              - {to: c, when: record.late, message: What is late leads to c.}
              - {to: c, when: record.n == 3, message: So does three.}
        after: {in: 1d, to: c}
      b: {final: success}
      c: {final: stopped}
"""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"n": 4, "late": False}, "One leads to b. What is late leads to c. So does three."),
        ({"n": 4}, "One leads to b. What is late leads to c."),
        ({}, "One leads to b."),
    ],
)
def test_the_messages_of_the_entries_that_were_tried_are_told(fields: dict[str, object], said: str) -> None:
    """Format: any `when` may have a `message` beside it, which is what the agent is told."""
    story = Story(workflow(MESSAGES), fields)
    story.send("go")
    assert (story.code, story.message) == ("GUARD_FAILED", said)


def test_an_optional_part_of_a_payload_may_be_left_out_and_is_seen_by_every_guard() -> None:
    """Format: `name?` if optional; judged and audited, not kept in the record."""
    played = workflow("""
        record: {n: {type: integer}}
        initial: a
        states:
          a:
            actor: agent
            events:
              go:
                payload: {urgent?: {type: boolean}, reason: {type: string}}
                when: "!has(event.urgent) || event.reason != ''"
                next: [{to: b, when: has(event.urgent) && event.urgent}, {to: c}]
          b: {final: success}
          c: {final: stopped}
    """)
    accepted_payloads: tuple[tuple[dict[str, object], str], ...] = (
        ({"reason": "r", "urgent": True}, "b"),
        ({"reason": ""}, "c"),
    )
    for payload, state in accepted_payloads:
        story = Story(played)
        story.send("go", payload)
        assert (story.state, story.record) == (state, {})
        accepted = next(fact.body for fact in story.facts if isinstance(fact.body, Accepted))
        assert accepted.arguments == payload
    refused = Story(played)
    refused_payloads: tuple[tuple[dict[str, object], str], ...] = (
        ({"urgent": True}, "MISSING_FIELDS"),
        ({"reason": "r", "urgent": 1}, "INVALID_FIELDS"),
        ({"reason": "", "urgent": True}, "GUARD_FAILED"),
        ({"reason": "r", "urgent?": True}, "INVALID_FIELDS"),
    )
    for payload, code in refused_payloads:
        refused.send("go", payload)
        assert refused.code == code

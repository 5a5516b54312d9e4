"""Two readings (workflow format, `agree`): equal ones go on, those that differ go to a person who sees both."""

from __future__ import annotations

from typing import cast

import pytest

from pointsman.contracts.values import Json
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.allowed import allowed, waiting
from pointsman.fsm.commands import Cancel, Restart
from pointsman.fsm.facts import Accepted, Entered, Fact, Settled
from pointsman.fsm.reading import are_equal
from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, Story, workflow
from .told import because

TEXT = """
    record: {total: {}, vendor: {type: string}, note: {type: string}, page: {type: integer}}
    roles: [reviewer, chief]
    start: {accepts: [page]}
    initial: reading
    confidence: {floor: 0.8, below: doubtful}
    tools: {t.read: {effect: read}, t.look: {effect: read}}
    states:
      reading:
        actor: agent
        tools: [t.look]
        agree:
          fields: [total, vendor]
          second: {call: t.read, with: {x: =record.page}, fields: {total: =result.total, vendor: =result.vendor}}
          differ: comparing
        events:
          submit:
            requires: [total, vendor]
            accepts: [note]
            evidence: [t.look]
            when: evidence['t.look'].result != 'no'
            next: [{to: boss, when: record.vendor == 'Boss'}, {to: done, when: confidence > 0.1}]
          give_up: {agree: off, confidence: off, next: doubtful}
        failed: broken
        after: {in: 1d, to: late}
      comparing:
        actor: human
        COMPARING
        review: {role: reviewer, exclude: [=session.started_by], show: [total, note], edit: [total], due: {in: 1d, then: late}}
        events: {accept: {next: done}, again: {next: reading}}
      doubtful:
        actor: human
        review: {role: reviewer, show: [total], due: {in: 1d, then: late}}
        events: {accept: {next: done}}
      boss:
        actor: human
        review: {role: chief, show: [total], due: {in: 1d, then: late}}
        events: {accept: {next: done}}
      done: {final: success}
      late: {final: stopped}
      broken: {final: failed, owner: desk}
"""  # noqa: E501 -- a file
BY_TOOL = workflow(TEXT.replace("COMPARING", "goal: Say which is right."))
BY_TOOL_AFTER_STEPS = workflow(
    TEXT.replace("COMPARING", "entry: [{call: t.look, with: {x: 2}}]\n        failed: broken").replace(
        "failed: broken\n        after", "failed: broken\n        exit: [{call: t.look, with: {x: 3}}]\n        after"
    )
)
CHIEF = Actor("human", "cora", ("chief",))


def submitted(
    total: object = 12, vendor: object = "Acme", confidence: object = 0.9, **more: object
) -> dict[str, object]:
    return {"total": total, "vendor": vendor, "confidence": confidence, "rationale": "as printed", **more}


def read_once(played: Workflow = BY_TOOL, **given: object) -> Story:
    """A session in which an agent has read, and the tool reads."""
    story = Story(played, {"page": 7})
    story.call("t.look", gives="yes")
    story.send("submit", submitted(**given))
    return story


def read_twice(result: object, played: Workflow = BY_TOOL, **given: object) -> Story:
    story = read_once(played, **given)
    story.settle("t.read", gives=result)
    return story


def accepted(story: Story) -> list[tuple[Fact, Accepted]]:
    return [(fact, fact.body) for fact in story.facts if isinstance(fact.body, Accepted)]


def test_the_first_reading_is_held_and_nothing_is_written_until_there_is_a_second() -> None:
    story = read_once()
    ((fact, body),) = accepted(story)
    assert (fact.outcome, body.reading, body.writes, story.state) == ("held", 1, {}, "reading")
    assert body.arguments["total"] == 12
    assert (story.record, story.session.confidences) == ({"page": 7}, {})
    assert story.open_call("t.read").arguments == {"x": 7}
    assert allowed(BY_TOOL, story.session) == ()
    told = waiting(story.session)
    assert told is not None
    assert told.actor == "system"


def test_equal_readings_go_on_as_the_first_one_would_have() -> None:
    story = read_twice({"total": 12.0, "vendor": "Acme"}, note="crumpled")
    assert (story.state, because(story)) == ("done", "next")
    assert story.record == {"page": 7, "total": 12, "vendor": "Acme", "note": "crumpled"}
    (_, held), (taken, body) = accepted(story)
    assert (taken.outcome, taken.actor_kind, taken.actor_id) == ("done", "agent", "ada")
    assert (body.arguments, body.payload_digest) == (held.arguments, held.payload_digest)
    assert body.readings is not None
    assert (body.readings.differ, body.readings.agree) == ((), True)
    assert story.session.provenance["total"].actor_id == "ada"
    assert story.session.confidences == {"reading": 0.9}


def test_readings_that_differ_are_written_and_shown_side_by_side_to_a_person() -> None:
    story = read_twice({"total": 21, "vendor": "Acme"}, note="crumpled")
    assert (story.state, because(story)) == ("comparing", "differ")
    assert story.record == {"page": 7, "total": 12, "vendor": "Acme", "note": "crumpled"}
    review = story.session.stay.review
    assert review is not None
    assert review.readings is not None
    first, second = review.readings.first, review.readings.second
    assert second is not None
    assert (first.by, first.kind, first.event, first.confidence) == ("ada", "agent", "submit", 0.9)
    assert (first.values, first.rationale) == ({"total": 12, "vendor": "Acme"}, "as printed")
    assert (second.by, second.kind, second.values) == ("t.read", "tool", {"total": 21, "vendor": "Acme"})
    assert review.readings.differ == ("total",)
    assert story.session.stay.readings is None


def test_a_decision_is_bound_to_both_readings() -> None:
    digests: list[str] = []
    for read in (20, 21):
        review = read_twice({"total": read, "vendor": "Acme"}).session.stay.review
        assert review is not None
        assert review.shown == {"total": 12}
        digests.append(review.shown_digest)
    assert digests[0] != digests[1]


def test_the_person_decides_between_them_and_may_correct_what_was_read() -> None:
    story = read_twice({"total": 21, "vendor": "Acme"})
    story.decide("accept", {"total": 21}, actor=ADA_HERSELF)
    assert story.code == "FORBIDDEN"
    story.decide("accept", {"total": 21}, actor=MARIA)
    assert (story.state, story.record["total"]) == ("done", 21)


def test_a_session_that_is_sent_back_is_read_twice_again() -> None:
    story = read_twice({"total": 21, "vendor": "Acme"})
    story.decide("again")
    assert (story.state, story.session.stay.readings) == ("reading", None)
    story.call("t.look", gives="yes")
    story.send("submit", submitted())
    story.settle("t.read", gives={"total": 12, "vendor": "Acme"})
    assert story.state == "done"


def test_an_entry_and_an_exit_do_not_lose_the_readings() -> None:
    story = read_twice({"total": 21, "vendor": "Acme"}, BY_TOOL_AFTER_STEPS)
    story.settle("t.look")
    assert story.state == "comparing"
    assert story.session.stay.review is None
    story.settle("t.look")
    review = story.session.stay.review
    assert review is not None
    assert review.readings is not None
    assert review.readings.differ == ("total",)


def test_an_exit_that_fails_does_not_keep_readings_that_differ_from_a_person() -> None:
    story = read_twice({"total": 21, "vendor": "Acme"}, BY_TOOL_AFTER_STEPS)
    story.settle("t.look", outcome="failed")
    assert (story.state, because(story)) == ("comparing", "differ")


def test_an_event_that_leads_to_a_person_anyway_leads_there_and_shows_both_readings() -> None:
    """Two readings send a session to a person and never past one: not past the chief either."""
    story = read_twice({"total": 12, "vendor": "Bose"}, vendor="Boss")
    review = story.session.stay.review
    assert review is not None
    assert (story.state, because(story), review.role) == ("boss", "differ", "chief")
    assert review.readings is not None
    assert review.readings.differ == ("vendor",)
    story.decide("accept", actor=CHIEF)
    assert story.state == "done"


def test_equal_readings_of_little_confidence_still_go_to_a_person() -> None:
    story = read_twice({"total": 12, "vendor": "Acme"}, confidence=0.5)
    assert (story.state, because(story)) == ("doubtful", "below")
    review = story.session.stay.review
    assert review is not None
    assert review.readings is None


def test_where_a_floor_is_missed_and_the_readings_differ_both_are_compared() -> None:
    story = read_twice({"total": 1, "vendor": "Acme"}, confidence=0.5)
    assert (story.state, because(story)) == ("comparing", "differ")


def test_an_event_that_is_no_reading_is_taken_at_once() -> None:
    story = Story(BY_TOOL, {"page": 7})
    story.send("give_up")
    assert (story.state, accepted(story)[0][1].reading) == ("doubtful", None)


def test_what_breaks_the_contract_is_no_reading() -> None:
    story = Story(BY_TOOL, {"page": 7})
    story.send("submit", submitted())
    assert story.code == "MISSING_EVIDENCE"
    story.call("t.look", gives="no")
    story.send("submit", submitted())
    assert story.code == "GUARD_FAILED"
    assert story.session.stay.readings is None


@pytest.mark.parametrize(
    "result",
    [None, {"total": 12}, {"total": None, "vendor": "Acme"}, {"total": "12", "vendor": "Acme"}, {"vendor": "acme"}],
)
def test_what_the_tool_does_not_say_or_says_otherwise_differs(result: object) -> None:
    story = read_twice(result)
    assert story.state == "comparing"


def test_a_second_reading_that_cannot_be_had_leads_to_failed() -> None:
    story = read_once()
    story.settle("t.read", outcome="failed")
    assert (story.state, because(story), story.record) == ("broken", "failed", {"page": 7})


def test_a_second_reading_whose_arguments_cannot_be_made_leads_to_failed() -> None:
    story = Story(BY_TOOL)
    story.call("t.look", gives="yes")
    story.send("submit", submitted())
    assert (story.state, because(story)) == ("broken", "failed")


def test_an_event_whose_guards_do_not_pass_any_more_leads_to_failed() -> None:
    waits = TEXT.replace("confidence > 0.1", "session.age_s < 5").replace("COMPARING", "goal: x")
    story = read_once(workflow(waits))
    story.at += 6_000
    story.settle("t.read", gives={"total": 12, "vendor": "Acme"})
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (story.state, entered.because, story.record) == ("broken", "failed", {"page": 7})
    assert entered.error is not None


def test_the_same_event_sent_again_while_the_tool_reads_is_a_repeated_one() -> None:
    story = read_once()
    decision = story.send("submit", submitted())
    assert decision.repeated
    story.send("submit", submitted(total=13))
    assert story.code == "NOT_YOUR_TURN"
    story.settle("t.read", gives={"total": 12, "vendor": "Acme"})
    assert story.send("submit", submitted()).repeated


def test_another_process_takes_the_second_reading_over() -> None:
    story = read_once()
    story.restart()
    story.take_over("t.read")
    assert story.open_call("t.read").attempt == 2
    story.settle("t.read", gives={"total": 12, "vendor": "Acme"}, instance="two")
    assert story.state == "done"


def test_a_timer_that_comes_first_takes_the_session_away() -> None:
    story = read_once()
    story.pass_time(86_400_000)
    assert (story.state, story.record) == ("late", {"page": 7})


def test_a_session_can_be_cancelled_between_the_readings() -> None:
    story = read_once(BY_TOOL_AFTER_STEPS)
    story.submit(Cancel("enough"), ADA_HERSELF)
    assert story.session.stay.readings is None
    story.settle("t.look")
    assert story.session.ended is not None


def test_a_person_may_restart_where_readings_that_differ_would_lead() -> None:
    story = Story(BY_TOOL, {"page": 7})
    story.submit(Restart("comparing", "both readers are known to err here"), ADA_HERSELF)
    assert story.state == "comparing"
    assert story.session.stay.review is not None
    assert story.session.stay.review.readings is None


def test_the_call_that_reads_says_in_the_audit_what_it_has_read() -> None:
    story = read_twice({"total": 21, "vendor": "Acme", "more": [1]})
    (read,) = [fact.body for fact in story.facts if isinstance(fact.body, Settled) and fact.action == "t.read"]
    assert (read.reading, read.result) == (
        {"total": 21, "vendor": "Acme"},
        {"total": 21, "vendor": "Acme", "more": [1]},
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (12, 12.0, True),
        (12, 12.5, False),
        (2**60, float(2**60), True),
        (2**60 + 1, float(2**60), False),
        (True, 1, False),
        ("a", "a", True),
        ("a", "A", False),
        (None, None, True),
        ({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ([True], [1], False),
        ([], {}, False),
    ],
)
def test_values_are_equal_as_json_is(one: object, other: object, expected: bool) -> None:
    assert are_equal(cast("Json", one), cast("Json", other)) is expected


def test_an_agent_is_not_the_second_reader() -> None:
    story = read_once()
    assert story.session.stay.position.phase == "second"
    story.call("t.look", actor=ADA)
    assert story.code == "NOT_YOUR_TURN"

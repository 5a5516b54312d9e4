"""What counts as changed, rejected and accepted: the rules at the head of `insights/proposals.py`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeAlias

import pytest

from pointsman.fsm.session import Actor
from pointsman.server.documents.corrections import every
from pointsman.server.insights.examples import EVERYTHING, ExampleFilter
from pointsman.server.replies import Caller
from pointsman.server.store.opening import reading
from tests.server.insights.letters import DAY_MS, Letters, opened

Found: TypeAlias = list[tuple[str, str, str]]


@pytest.fixture
async def letters(tmp_path: Path) -> AsyncGenerator[Letters]:
    async with opened(tmp_path) as found:
        yield found


def verdicts(letters: Letters) -> Found:
    """The states of what was proposed, its labels, and the decisions that say so."""
    with reading(letters.application.engine.path).connect() as connection:
        examples = every(connection, ExampleFilter(labels=EVERYTHING))
        return [(str(one["state"]), str(one["label"]), str(one["decision"])) for one in examples]


async def test_what_a_person_lets_go_on_is_accepted(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "send")
    assert await letters.state(session) == "sent"
    assert verdicts(letters) == [("reading", "accepted", "send"), ("answering", "accepted", "send")]


async def test_only_what_wrote_the_edited_value_is_changed(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "send", topic="bills")
    assert verdicts(letters) == [("reading", "changed", "send"), ("answering", "accepted", "send")]


async def test_a_value_that_is_said_again_is_no_edit(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "send", topic="prices", answer="It is 7.")
    assert {label for _, label, _ in verdicts(letters)} == {"accepted"}


@pytest.mark.parametrize(("event", "state"), [("hand_over", "by_hand"), ("drop", "dropped")])
async def test_an_end_that_is_no_success_rejects_the_last_proposal_alone(
    letters: Letters, event: str, state: str
) -> None:
    """Also where the server does something on the way, such as filing what was dropped."""
    session = await letters.proposed()
    await letters.decide(session, event)
    assert await letters.state(session) == state
    assert verdicts(letters) == [("answering", "rejected", event)]


async def test_what_has_to_be_done_again_is_rejected_and_what_it_was_built_on_is_accepted(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "once_more", remark="Say why.")
    assert verdicts(letters) == [("reading", "accepted", "once_more"), ("answering", "rejected", "once_more")]


async def test_what_was_built_on_what_has_to_be_done_again_is_rejected_too(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "from_the_start")
    assert {label for _, label, _ in verdicts(letters)} == {"rejected"}


async def test_a_way_back_behind_what_was_judged_before_rejects_what_came_since(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "once_more")
    await letters.propose(session, answer="It is 7, by the list.")
    await letters.decide(session, "from_the_start")
    assert verdicts(letters)[2:] == [("answering", "rejected", "from_the_start")]


async def test_a_correction_counts_as_one_although_the_whole_is_rejected(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "hand_over", answer="It is 8.")
    assert verdicts(letters) == [("answering", "changed", "hand_over")]


async def test_another_persons_decision_counts_where_the_first_hands_it_on(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "ask_the_chief", answer="It is 8.")
    assert verdicts(letters) == []
    await letters.decide(session, "send", who="local:chief", answer="It is 9.")
    assert verdicts(letters) == [("reading", "accepted", "send"), ("answering", "changed", "send")]


async def test_a_decision_that_nobody_follows_up_is_none(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "ask_the_chief")
    await letters.later(session)
    assert await letters.state(session) == "dropped"
    assert verdicts(letters) == []


async def test_the_outside_is_asked_before_the_decision_that_counts(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "ask_the_writer")
    await letters.outside(session, "written", remark="Net price.")
    assert verdicts(letters) == []
    await letters.decide(session, "drop")
    assert verdicts(letters) == [("answering", "rejected", "drop")]


async def test_what_the_outside_or_time_ends_was_not_rejected_by_anybody(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "ask_the_writer")
    await letters.outside(session, "withdrawn")
    assert {(label, decision) for _, label, decision in verdicts(letters)} == {("accepted", "ask_the_writer")}
    other = await letters.proposed()
    await letters.decide(other, "ask_the_writer")
    await letters.later(other)
    assert await letters.state(other) == "dropped"
    assert {label for _, label, _ in verdicts(letters)} == {"accepted"}
    assert len(verdicts(letters)) == 4


async def test_a_step_that_fails_after_the_decision_is_no_rejection(letters: Letters) -> None:
    session = await letters.proposed(text="unsendable")
    await letters.decide(session, "send")
    assert await letters.state(session) == "by_hand"
    assert {label for _, label, _ in verdicts(letters)} == {"accepted"}


async def test_a_loop_that_goes_on_after_a_write_or_some_time_is_no_way_back(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.decide(session, "send_and_go_on")
    assert await letters.state(session) == "answering"
    await letters.propose(session, answer="And it is 9.")
    await letters.decide(session, "follow_up")
    await letters.later(session, 3 * DAY_MS)
    assert await letters.state(session) == "answering"
    assert [(label, decision) for _, label, decision in verdicts(letters)] == [
        ("accepted", "send_and_go_on"),
        ("accepted", "send_and_go_on"),
        ("accepted", "follow_up"),
    ]


async def test_of_a_state_only_the_last_proposal_since_a_decision_is_judged(letters: Letters) -> None:
    session = await letters.started()
    await letters.name_topic(session, 0.4)  # below the floor
    assert await letters.state(session) == "checking"
    await letters.decide(session, "go_on", topic="bills")
    await letters.propose(session)
    await letters.decide(session, "send")
    assert verdicts(letters) == [("reading", "changed", "go_on"), ("answering", "accepted", "send")]


async def test_what_nobody_decides_has_no_verdict(letters: Letters) -> None:
    await letters.proposed()
    over = await letters.proposed()
    await letters.later(over)
    assert await letters.state(over) == "dropped"
    person = Caller(Actor("human", "local:ada", ("editor",)), "test", "api")
    cancelled = await letters.proposed()
    await letters.application.governor.cancel(person, cancelled, "enough")
    again = await letters.proposed()
    await letters.application.governor.restart(person, again, "editing", "once more")
    await letters.decide(again, "drop")
    assert verdicts(letters) == []


async def test_an_event_that_is_sent_twice_is_one_proposal(letters: Letters) -> None:
    session = await letters.proposed()
    await letters.propose(session)
    await letters.decide(session, "send")
    assert len(verdicts(letters)) == 2

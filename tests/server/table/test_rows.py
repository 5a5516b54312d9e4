"""The rows of the table: none is missing, and what they say is what the file says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import AgentState, ExternalState, HumanState, SystemState, Workflow
from pointsman.gallery import names, path
from pointsman.server.table.rows import COLUMNS, Row, rows_of
from pointsman.server.table.words import condition_words, duration_words, in_words, listed
from tests.server.graph.claims import claims

LOANS = Path(__file__).with_name("loans.yaml")


def loans() -> Workflow:
    return load(LOANS.read_bytes(), "loans.yaml")


def workflow(name: str) -> Workflow:
    if name in names():
        return load(path(name).read_bytes(), name)
    return loans() if name == "loans" else claims(60)


def expected(flow: Workflow) -> Counter[tuple[str, str]]:
    """Every (state, next state) of the compiled workflow, counted key by key and not by `moves`."""
    found: list[tuple[str, str]] = []
    for name, state in flow.states.items():
        targets = [one.to for one in state.after] + [one.then for one in state.limits]
        targets += [target for target in (state.failed, state.unknown) if target is not None]
        if isinstance(state, SystemState):
            targets += [one.to for one in state.next]
        if isinstance(state, HumanState) and state.review.due is not None:
            targets.append(state.review.due.then)
        if isinstance(state, AgentState) and state.agree is not None:
            targets.append(state.agree.differ)
        if isinstance(state, AgentState | HumanState | ExternalState):
            for event in state.events.values():
                targets += [one.to for one in event.next] + ([event.floors.below] if event.floors else [])
        found += [(name, target) for target in targets]
    return Counter([*found, *(("any state", limit.then) for limit in flow.limits)])


def row(state: str, event: str) -> Row:
    return next(one for one in rows_of(loans()) if one.state == state and one.event.startswith(event))


def words(found: Row) -> list[str]:
    return [sentence.words for sentence in found.condition]


@pytest.mark.parametrize("name", [*names(), "loans", "large"])
def test_every_transition_of_the_compiled_workflow_is_a_row(name: str) -> None:
    flow = workflow(name)
    rows = list(rows_of(flow))
    assert Counter((one.state, one.next) for one in rows) == expected(flow)
    order = [one.state for one in rows if one.first]
    assert order == [*(state for state in flow.states if state in order), *(["any state"] if flow.limits else [])]
    assert all(one.event and one.condition for one in rows)


def test_the_columns_are_those_people_review() -> None:
    assert COLUMNS == (
        "Current state",
        "Event",
        "Condition",
        "Next state",
        "Action",
        "Retry rule",
        "Human review",
    )


def test_a_condition_says_what_an_event_must_bring_and_what_must_have_happened() -> None:
    found = row("rating", "rate")
    assert words(found) == [
        "gives rating and basis",
        "may give hint",
        "bank.login with user = customer has succeeded in this session, and no call of bank.pay since",
        (
            "bank.balance with user = customer has succeeded in this state such that the result's value is at least 0, "
            "and no write at all since; if it has not, the server calls it"
        ),
        "value of balance is more than 10",
    ]
    assert found.condition[-1].exact == "evidence.balance.result.value > 10"


def test_the_last_entry_of_a_list_is_otherwise_and_confidence_is_asked_only_on_the_way_past_people() -> None:
    past, to_people, below = [one for one in rows_of(loans()) if one.state == "proposing"]
    assert words(past) == ["gives reason", "amount is less than 10 (else told: Too much.)", "confidence at least 0.75"]
    assert words(to_people) == ["gives reason", "otherwise"]
    assert below.event == "propose (agent), not confident enough"
    assert words(below) == ["confidence below 0.75, and the next state would be none a person decides"]


def test_an_action_says_who_does_what_with_which_effect_and_what_is_saved() -> None:
    assert row("rating", "rate").action.whole == (
        "on entering, the server sets note to 'new' and amount to 100",
        "the server asks the model claude-sonnet-5, at most 6 turns in 2 minutes",
        "the model may call bank.login (read)",
        "the model may call bank.balance (read)",
        (
            "the model may call bank.pay (write) always with customer, only if amount is less than 500 and rating is "
            "not set, at most 2 times, each call after lender has approved it"
        ),
        "the model may call every read tool of files",
        "on leaving, the server calls bank.note (write) with customer and text = 'rated'",
        "rate saves rating",
    )


def test_a_retry_rule_says_attempts_pauses_time_keys_and_rates_of_every_tool_called() -> None:
    assert row("rating", "rate").retry.whole == (
        (
            "bank.note (write): answers within 30 seconds; tried once; equal customer and text in one stay is the same "
            "write, made once; in doubt, never called again: a person settles it"
        ),
        "bank.login (read): answers within 30 seconds; tried once; counts as done only if the result's ok is true",
        (
            "bank.balance (read): answers within 30 seconds; tried up to 3 times, first after 2 seconds, then twice as "
            "long each time; at most 10 calls in 1 minute"
        ),
        (
            "bank.pay (write): answers within 1 minute; tried once; every call is a new write; in doubt, never "
            "called again: a person settles it"
        ),
    )


def test_a_write_says_how_it_is_made_once_and_what_is_done_in_doubt() -> None:
    flow = workflow("invoices")
    (rule,) = next(one for one in rows_of(flow) if one.state == "approved_for_writeback").retry.whole
    assert "tried up to 3 times" in rule
    assert "equal invoice_id in one session is the same write, made once; its key is sent as" in rule
    assert rule.endswith(
        "in doubt, erp.find_route tells whether it has happened: if the result's route is the call's route; "
        "in doubt, called again with the same key"
    )


def test_human_review_says_who_decides_who_may_not_by_when_and_how_many() -> None:
    assert row("deciding", "approve").review.whole == (
        "decided by lender, but not whoever started the session nor local:root",
        "rationale required",
        "due in 12 hours, then refused",
        "through console",
        "approve needs 2 different persons who give the same",
    )
    assert row("rating", "rate").review.whole == (
        (
            "each call of bank.pay is approved by lender within 4 hours, for exactly these arguments and once, but not "
            "whoever started the session"
        ),
        "next, lender decides",
    )


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("timer: 90 minutes after entering", "rating"),
        ("limit: costs $1.5 or more", "rating"),
        ("a step has failed", "rating"),
        ("nobody knows whether a write has happened", "rating"),
        ("due: not decided 12 hours after it opened", "deciding"),
    ],
)
def test_what_nobody_chose_has_an_event_in_words(event: str, state: str) -> None:
    assert row(state, event).event == event


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("record.total <= 10000", "total is at most 10000"),
        ("record.a == null || (record.b != 'x && y' && !record.c)", "a is nothing or (b is not 'x && y' and not c)"),
        ("has(record.po) && !has(record.po.total)", "po is set and po.total is not set"),
        ("visits.retrying > 4", "visits of retrying is more than 4"),
        ("record.route in ['a', \"b\"]", "route is one of ['a', \"b\"]"),
        ("done.erp.find.count >= 1", "successful calls of erp.find is at least 1"),
        ("decisions.review.by != session.started_by", "whoever decided review is not whoever started the session"),
        ("size(record.items) < 3 ? args.x : event.y", "size(items) is less than 3 ? the call's x : the event's y"),
        ("record", "the whole record"),
    ],
)
def test_expressions_are_put_into_words_and_no_text_in_quotes_is_touched(expression: str, said: str) -> None:
    assert in_words(expression) == said


def test_a_condition_that_is_one_name_is_said_to_be_true() -> None:
    assert condition_words("record.match.ok") == "match.ok is true"
    assert condition_words("record.a > 1") == "a is more than 1"


def test_amounts_and_lists_read_as_sentences() -> None:
    assert [duration_words(ms) for ms in (1, 200, 1000, 5_400_000, 86_400_000)] == [
        "1 millisecond",
        "200 milliseconds",
        "1 second",
        "90 minutes",
        "1 day",
    ]
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or"), listed([])] == [
        "a",
        "a and b",
        "a, b or c",
        "",
    ]

"""Evidence: calls that must have succeeded before (workflow format, "evidence"), and the ways round it that fail."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pointsman.contracts.bounds import EVIDENCE_KEPT
from pointsman.contracts.values import JsonObject
from pointsman.fsm.allowed import allowed
from pointsman.fsm.commands import Call, Decide, Send
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Settled

from .driver import ADA, MARIA, SERVER, Story, workflow

_ANY: JsonObject = {"type": "object", "additionalProperties": True}
TOOLS: Mapping[str, JsonObject] = dict.fromkeys(
    ("t.login", "t.logout", "t.balance", "t.transfer", "t.note", "t.rate", "t.print"), _ANY
)

BANK = workflow(
    """
    record:
      customer: {type: string}
      limit: {type: integer}
      reason: {type: string}
    start: {accepts: [customer, limit]}
    roles: [reviewer]
    initial: serving
    tools:
      t.print: {effect: read}
      t.login: {effect: read}
      t.logout: {effect: read}
      t.balance: {effect: read}
      t.rate: {effect: read}
      t.note: {effect: write, key: none}
      t.transfer: {effect: write, key: none}
    states:
      serving:
        actor: agent
        tools:
          - t.login
          - t.logout
          - {use: t.balance, with: {bank: main}}
          - t.note
          - t.rate
          - use: t.print
            evidence: {rate: {call: t.rate, with: {of: =args.of}, fetch: true}}
            when: evidence.rate.result > 1
          - use: t.transfer
            evidence:
              login: {call: t.login, with: {user: =args.user}, when: result.ok, within: session, until: [t.logout]}
              balance:
                call: t.balance
                with: {user: =args.user, bank: main, currency: =evidence.login.result.currency}
                until: write
            when: evidence.balance.result.value >= args.amount && evidence.balance.at != ""
            message: The balance does not cover it.
        unknown: review
        events:
          rest: {next: resting}
          greet:
            evidence: {login: {call: t.login, with: {user: =record.customer}, when: result.ok}}
            next: closed
          close:
            requires: [reason]
            evidence: [t.login, t.note]
            next: closed
          quote:
            evidence:
              rate: {call: t.rate, with: {of: =record.customer}, until: [t.note], fetch: true}
              fee: {call: t.balance, with: {of: =evidence.rate.result.account}, fetch: true}
            when: evidence.fee.result.value < 10
            next:
              - {to: review, when: evidence.rate.result.value > 5}
              - {to: closed}
          stuck:
            evidence:
              rate: {call: t.rate, with: {of: =record.limit}}
            next: closed
      resting:
        actor: agent
        tools:
          - t.logout
          - t.login
          - use: t.transfer
            evidence:
              login: {call: t.login, with: {user: =args.user}, when: result.ok, within: session, until: [t.logout]}
        unknown: review
        events:
          back: {next: serving}
          leave: {evidence: [t.login], next: closed}
      review:
        actor: human
        entry: [{call: t.rate, with: {of: somebody}}]
        failed: closed
        review: {role: reviewer, exclude: [=session.started_by], due: {in: 2d, then: closed}}
        events:
          approve:
            evidence: {rate: {call: t.rate, with: {of: =record.customer}, fetch: true}}
            when: evidence.rate.result.value > 7
            next:
              - {to: serving, when: evidence.rate.result.value > 100}
              - {to: closed}
      closed: {final: success}
    """,
    TOOLS,
)
EUR = {"ok": True, "currency": "EUR"}


def serving() -> Story:
    return Story(BANK, {"customer": "ann"})


def login(story: Story, user: str = "ann", *, ok: bool = True) -> None:
    story.call("t.login", {"user": user}, gives={"ok": ok, "currency": "EUR"})


def balance(story: Story, user: str = "ann", value: int = 100) -> None:
    story.call("t.balance", {"user": user, "currency": "EUR"}, gives={"value": value})


def transfer(story: Story, user: str = "ann", amount: int = 10) -> str | None:
    story.call("t.transfer", {"user": user, "amount": amount})
    return story.code


def fetched(story: Story, gives: object, outcome: str = "done") -> Decision:
    """Make the reads the machine asks for, as the server does, and submit the request again."""
    event, asked = "", story.last
    assert asked.fetch
    for one in asked.fetch:
        story.observe(one.read, gives=gives, outcome=outcome, actor=SERVER)
        event = one.evidence
    return story.submit(Send("quote", {}, fetched=(event,)), ADA)


def test_a_call_with_all_its_evidence_is_made() -> None:
    story = serving()
    login(story)
    balance(story)
    assert transfer(story) is None
    assert story.open_call("t.transfer").arguments == {"user": "ann", "amount": 10}


def test_evidence_that_is_missing_is_named_as_the_exact_call_without_what_the_state_fixes() -> None:
    """Format: a refusal names the exact call that is missing, with its arguments; fixed ones the agent does not see."""
    story = serving()
    assert transfer(story, "ann") == "MISSING_EVIDENCE"
    assert (
        't.login {"user":"ann"} has not given what is asked for with these arguments in this session' in story.message
    )
    login(story)
    assert transfer(story, "ann") == "MISSING_EVIDENCE"
    assert 't.balance {"currency":"EUR","user":"ann"} has not succeeded' in story.message
    assert "main" not in story.message
    assert story.last.refusal is not None
    assert [one.path for one in story.last.refusal.unmet] == ["t.balance"]


def test_evidence_about_somebody_else_is_none() -> None:
    story = serving()
    login(story, "bob")
    balance(story, "bob")
    assert transfer(story, "ann") == "MISSING_EVIDENCE"
    assert transfer(story, "bob") is None


def test_a_login_that_failed_is_no_evidence() -> None:
    story = serving()
    login(story, ok=False)
    balance(story)
    assert transfer(story) == "MISSING_EVIDENCE"
    story.call("t.login", {"user": "ann"}, outcome="failed")
    assert transfer(story) == "MISSING_EVIDENCE"


def test_a_failed_login_does_not_take_the_earlier_one_away_until_its_logout_does() -> None:
    story = serving()
    login(story)
    balance(story)
    login(story, ok=False)
    story.call("t.logout", {"user": "ann"})
    assert transfer(story) == "MISSING_EVIDENCE"
    assert "t.login" in story.message
    assert "made void by a call of t.logout" in story.message


def test_a_condition_that_cannot_be_judged_makes_no_evidence() -> None:
    story = serving()
    story.call("t.login", {"user": "ann"}, gives={"currency": "EUR"})
    balance(story)
    assert transfer(story) == "MISSING_EVIDENCE"


def test_the_newest_call_that_fits_is_taken() -> None:
    story = serving()
    login(story)
    balance(story, value=100)
    balance(story, value=5)
    assert transfer(story) == "GUARD_FAILED"
    assert story.message == "The balance does not cover it."


def test_the_same_evidence_is_not_used_twice_where_a_write_makes_it_void() -> None:
    story = serving()
    login(story)
    balance(story)
    assert transfer(story) is None
    assert transfer(story, amount=11) == "MISSING_EVIDENCE"
    assert "is void while a write is running" in story.message
    story.settle("t.transfer", gives={})
    assert transfer(story, amount=11) == "MISSING_EVIDENCE"
    assert "made void by a write that came later" in story.message
    balance(story)
    assert transfer(story, amount=11) is None


def test_evidence_gone_stale_by_any_other_write_is_void() -> None:
    story = serving()
    login(story)
    balance(story)
    story.call("t.note", {"text": "x"})
    story.settle("t.note", outcome="failed")
    assert transfer(story) == "MISSING_EVIDENCE"


def test_a_read_that_was_permitted_before_a_write_and_ended_after_it_is_no_fresh_evidence() -> None:
    """It may have seen what was there before the write."""
    story = serving()
    login(story)
    early = story.ask("t.balance", {"user": "ann", "currency": "EUR"})
    story.call("t.note", {"text": "x"})
    story.settle("t.note", gives={})
    story.observe(early, gives={"value": 100})
    assert transfer(story) == "MISSING_EVIDENCE"
    balance(story)
    assert transfer(story) is None


def test_evidence_of_another_stay_is_void_unless_it_is_good_for_the_session() -> None:
    story = serving()
    login(story)
    balance(story)
    story.send("rest")
    assert transfer(story) is None, "the login is good for the session"
    story.settle("t.transfer", gives={})
    story.send("leave")
    assert (story.state, story.code) == ("resting", "MISSING_EVIDENCE"), "in a list it must be of this stay"
    story.send("back")
    assert transfer(story) == "MISSING_EVIDENCE"
    assert "t.balance" in story.message
    assert "t.login" not in story.message
    story.send("greet")
    assert story.code == "MISSING_EVIDENCE", "that event wants a login of this stay"
    login(story)
    story.send("greet")
    assert story.state == "closed"


def test_a_read_that_outlived_its_stay_is_no_evidence_and_makes_void_all_the_same() -> None:
    story = serving()
    login(story)
    late_login = story.ask("t.login", {"user": "bob"})
    late_logout = story.ask("t.logout", {"user": "ann"})
    story.send("rest")
    story.observe(late_login, gives=EUR)
    assert transfer(story, "bob") == "MISSING_EVIDENCE"
    assert transfer(story, "ann") is None
    story.settle("t.transfer", gives={})
    story.observe(late_logout)
    assert transfer(story, "ann") == "MISSING_EVIDENCE"


def test_a_list_asks_for_calls_of_this_stay_whatever_their_arguments_and_writes_count_too() -> None:
    story = serving()
    story.send("close", {"reason": "x"})
    assert story.message == (
        "close needs evidence: t.login has not succeeded in this state yet; call it first; "
        "t.note has not succeeded in this state yet; call it first."
    )
    login(story, "anybody")
    story.call("t.note", {"text": "bye"})
    story.settle("t.note", gives=None)
    story.send("close", {"reason": "x"})
    assert story.state == "closed"


def test_the_contract_is_judged_before_the_evidence() -> None:
    story = serving()
    story.send("close")
    assert story.code == "MISSING_FIELDS"


def test_evidence_whose_arguments_have_no_value_is_missing() -> None:
    story = serving()
    story.send("stuck")
    assert story.code == "MISSING_EVIDENCE"
    assert "a value its arguments need is missing" in story.message


def test_what_may_be_fetched_is_read_by_the_server_right_before_it_judges() -> None:
    """Format: `fetch: true`. What rests on it is fetched after it."""
    story = serving()
    story.send("quote")
    assert [(one.evidence, one.read.tool, one.read.arguments) for one in story.last.fetch] == [
        ("rate", "t.rate", {"of": "ann"})
    ]
    facts = len(story.facts)
    fetched(story, {"value": 3, "account": "a-1"})
    assert [(one.evidence, one.read.arguments) for one in story.last.fetch] == [("fee", {"of": "a-1"})]
    fetched(story, {"value": 1})
    assert story.state == "closed"
    reads = [fact for fact in story.facts[facts:] if isinstance(fact.body, Settled)]
    assert [(fact.actor_kind, fact.body.purpose) for fact in reads if isinstance(fact.body, Settled)] == [
        ("system", "fetch"),
        ("system", "fetch"),
    ]
    assert story.session.counts.calls == 0, "limits count what the agent asks"


def test_what_was_fetched_before_and_is_not_void_is_not_fetched_again() -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 3, "account": "a-1"})
    story.send("quote")
    assert [one.evidence for one in story.last.fetch] == ["fee"]
    story.call("t.note", {"text": "x"})
    story.settle("t.note", gives=None)
    story.send("quote")
    assert [one.evidence for one in story.last.fetch] == ["rate"]


def test_evidence_of_a_tool_is_fetched_before_the_call_is_judged() -> None:
    story = serving()
    story.call("t.print", {"of": "ann"})
    (asked,) = story.last.fetch
    assert (asked.read.tool, asked.read.arguments) == ("t.rate", {"of": "ann"})
    story.observe(asked.read, gives=2, actor=SERVER)
    story.submit(Call("t.print", {"of": "ann"}, fetched=("rate",)), ADA)
    assert story.last.read is not None


def test_a_fetch_that_fails_is_not_tried_again_for_this_request() -> None:
    story = serving()
    story.send("quote")
    fetched(story, None, "failed")
    assert story.code == "MISSING_EVIDENCE"
    assert 't.rate {"of":"ann"}' in story.message


def test_guards_of_next_and_of_when_see_the_evidence() -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 6, "account": "a"})
    story.call("t.balance", {"of": "a", "currency": "EUR"}, gives={"value": 12})
    story.send("quote")
    assert story.code == "GUARD_FAILED"
    story.call("t.balance", {"of": "a", "currency": "USD"}, gives={"value": 1})
    story.send("quote")
    assert story.state == "review"


@pytest.mark.parametrize(("value", "state"), [(7, "review"), (8, "closed"), (101, "serving")])
def test_a_decision_of_a_person_can_need_evidence_that_the_server_fetches(value: int, state: str) -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 6, "account": "a"})
    story.send("quote")
    fetched(story, {"value": 1})
    assert story.state == "review"
    story.settle("t.rate", gives={"value": 1000})
    story.decide("approve")
    for one in story.last.fetch:
        story.observe(one.read, gives={"value": value}, actor=SERVER)
    review = story.session.stay.review
    assert review is not None
    request = Decide("approve", {}, review.shown_digest, story.session.stay.number, ("rate",))
    story.submit(request, MARIA, channel="cli")
    assert story.state == state
    assert story.code == ("GUARD_FAILED" if state == "review" else None)


def test_a_session_keeps_a_bounded_number_of_calls_and_forgets_the_oldest() -> None:
    """A forgotten call is missing: the agent makes it again."""
    story = serving()
    for number in range(EVIDENCE_KEPT + 1):
        login(story, f"user-{number}")
    (calls,) = (found for index, found in story.session.evidence.items() if index.startswith("t.login(user)"))
    assert len(calls) == EVIDENCE_KEPT
    story.send("rest")
    assert transfer(story, "user-0") == "MISSING_EVIDENCE"
    assert transfer(story, "user-1") is None


def test_arguments_and_results_are_kept_only_where_an_expression_reads_them() -> None:
    story = serving()
    login(story)
    story.call("t.note", {"text": "secret"})
    story.settle("t.note", gives="long")
    kept = {index.partition("(")[0]: found for index, found in story.session.stay.evidence.items()}
    assert [one.args for one in kept["t.note"].values()] == [None]
    assert [one.result for one in story.session.evidence[_index("t.login(user)")].values()] == [EUR]


def _index(start: str) -> str:
    return next(one.id for one in BANK.indexes["t.login"] if one.id.startswith(start))


def test_what_an_agent_must_call_first_stands_in_the_description() -> None:
    offered = {action.name: action.description for action in allowed(BANK, serving().session)}
    assert offered["t.transfer"].endswith("Needs t.balance called here first. Needs t.login called first.")
    assert offered["close"].endswith("Needs t.login, t.note called here first.")
    assert "Needs" not in offered["quote"], "the server fetches it"


@pytest.mark.parametrize("tool", ["t.transfer", "t.login"])
def test_a_request_says_what_was_fetched_for_it_and_nothing_else_of_it_changes(tool: str) -> None:
    story = serving()
    login(story)
    balance(story)
    story.submit(Call(tool, {"user": "ann", "amount": 1}, fetched=("login",)), ADA)
    assert story.code is None

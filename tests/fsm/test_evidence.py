"""Evidence: calls that must have succeeded before (workflow format, "evidence"), and the ways round it that fail."""

from __future__ import annotations

from pointsman.contracts.bounds import EVIDENCE_KEPT
from pointsman.fsm.allowed import allowed

from .bank import BANK, EUR, balance, login, serving, transfer


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

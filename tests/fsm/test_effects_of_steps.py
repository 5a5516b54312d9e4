"""Steps of the workflow and the ledger: a state that is entered again makes no write again (design, section 6)."""

from __future__ import annotations

from typing import Final

import pytest

from pointsman.contracts.workflow import Workflow
from pointsman.fsm import effects
from pointsman.fsm.calls import DOUBTED
from pointsman.fsm.facts import CallResult

from .driver import Story, workflow
from .told import last_settled

TOOLS: Final = """
tools:
  t.find: {effect: read}
  t.plain: {effect: write, key: {over: [x]}}
  t.asked:
    effect: write
    key: {over: [x]}
    success: result.ok == true
    reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}
  t.keyed: {effect: write, key: {over: [x], deliver: {argument: token}}}
  t.stay: {effect: write, key: {over: [x], scope: stay}}
  t.secret: {effect: write, key: {over: [x], deliver: {argument: token}}, redact: [args.y]}
"""


def posting(step: str, header: str = TOOLS) -> Workflow:
    """A workflow that posts whenever it is told to, and stops where that does not work."""
    return workflow(
        f"""
        record: {{n: {{type: integer}}, label: {{type: string}}, got: {{}}}}
        start: {{accepts: [n]}}
        initial: posting
        states:
          posting:
            actor: system
            run: [{step}]
            next: posted
            failed: failed
            unknown: doubt
          posted: {{actor: agent, events: {{post: {{accepts: [n, label], next: posting}}, stop: {{next: over}}}}}}
          failed: {{actor: agent, events: {{post: {{accepts: [n, label], next: posting}}}}}}
          doubt: {{actor: agent, events: {{post: {{accepts: [n, label], next: posting}}}}}}
          over: {{final: success}}
        """,
        header=header,
    )


def begun(tool: str, *, more: str = "") -> Story:
    return Story(posting(f"{{call: {tool}, with: {{x: =record.n{more}}}, save: got}}"), {"n": 1})


def test_a_step_that_was_done_is_not_made_again_and_its_result_is_looked_up() -> None:
    """Design, section 6: the same over re-entries until an outcome is done; equal call, the stored result."""
    story = begun("t.plain")
    first = story.open_call("t.plain")
    story.settle("t.plain", gives="receipt")
    settled = story.effect("t.plain").settled
    story.send("post")

    again = story.open_call("t.plain")
    assert (again.key, again.stored, again.doubt) == (first.key, settled, None)
    assert story.session.open_write is None, "nothing is written, so nothing waits for it"

    story.settle("t.plain", gives="receipt")
    assert (story.state, story.record["got"]) == ("posted", "receipt")
    assert (story.effect("t.plain").call, story.effect("t.plain").settled) == (first.id, settled)


def test_what_is_looked_up_is_given_as_it_was_judged_when_it_was_made() -> None:
    """A result that `reconcile` gave has another shape than the tool's, and `success` says nothing of it."""
    story = begun("t.asked")
    story.end("t.asked", CallResult("done", {"found": True}, doubt="it broke", reconciled=True))
    assert story.state == "posted"
    story.send("post")
    story.settle("t.asked", gives={"found": True})
    assert (story.state, story.record["got"]) == ("posted", {"found": True})


def test_a_lookup_is_taken_over_by_another_process_and_calls_nothing_there() -> None:
    """Fault 1: kill at each step."""
    story = begun("t.plain")
    story.settle("t.plain", gives="receipt")
    story.send("post")
    stored = story.open_call("t.plain").stored
    story.take_over("t.plain")
    again = story.open_call("t.plain")
    assert (again.stored, again.attempt, again.doubt) == (stored, 2, None)
    story.settle("t.plain", gives="receipt", instance="two")
    assert (story.state, story.record["got"]) == ("posted", "receipt")


def test_a_lookup_needs_no_argument_that_is_not_kept() -> None:
    """The process that looks it up may be another than the one that had the arguments."""
    story = Story(posting("{call: t.secret, with: {x: =record.n, y: =record.label}, save: got}"), {"n": 1})
    assert story.state == "failed"
    story.send("post", {"label": "hunter2"})
    assert story.open_call("t.secret").redacted
    story.settle("t.secret", gives="receipt")
    story.send("post")
    assert not story.open_call("t.secret").redacted
    assert story.last.clear == {}
    story.take_over("t.secret")
    story.settle("t.secret", gives="receipt", instance="two")
    assert story.state == "posted"


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_a_lookup_that_fails_says_nothing_of_the_write(outcome: str) -> None:
    """What was done stays done."""
    story = begun("t.plain")
    story.settle("t.plain", gives="receipt")
    story.send("post")
    story.settle("t.plain", outcome=outcome)
    assert (story.state, story.effect("t.plain").status) == ("failed" if outcome == "failed" else "doubt", "done")


def test_a_lookup_does_not_hold_the_session_up() -> None:
    """Format: no limit, timer or cancellation moves a session that has an open write. This is none."""
    story = begun("t.plain")
    story.settle("t.plain")
    story.send("post")
    story.cancel()
    assert story.session.ended is not None
    assert story.effect("t.plain").status == "done"


def test_a_step_with_a_reused_key_fails_and_says_so() -> None:
    """Design, section 4: KEY_REUSED; a step fails with it."""
    story = Story(posting("{call: t.plain, with: {x: =record.n, y: =record.label}}"), {"n": 1})
    story.send("post", {"label": "a"})
    story.settle("t.plain")
    story.send("post", {"label": "b"})
    settled = last_settled(story)
    assert (story.state, settled.call, settled.attempts) == ("failed", None, 0)
    assert settled.error is not None
    assert settled.error.startswith("KEY_REUSED: t.plain was done with the same x and other arguments")


def test_a_key_of_a_stay_makes_the_write_again_in_the_next_one() -> None:
    """Format: `scope: stay`."""
    story = begun("t.stay")
    story.settle("t.stay")
    assert story.session.effects == {}
    story.send("post")
    assert (story.open_call("t.stay").stored, story.open_call("t.stay").doubt) == (None, None)


def test_a_step_nobody_knows_of_is_never_made_again_where_nobody_can_find_out() -> None:
    """Design, section 6: a write is never blindly retried."""
    story = begun("t.plain")
    story.settle("t.plain", outcome="unknown")
    story.send("post")
    settled = last_settled(story)
    assert (story.state, story.session.stay.open, settled.call, settled.step) == ("doubt", {}, None, "unknown")
    assert settled.error is not None
    assert settled.error.startswith("OUTCOME_UNKNOWN: Nobody knows whether t.plain")
    assert f"s-1.{story.effect('t.plain').call}" in settled.error


@pytest.mark.parametrize("tool", ["t.asked", "t.keyed"])
@pytest.mark.parametrize(("outcome", "state"), [("done", "posted"), ("failed", "failed"), ("unknown", "doubt")])
def test_a_step_nobody_knows_of_is_opened_in_doubt_where_the_server_can_find_out(
    tool: str, outcome: str, state: str
) -> None:
    """Design, section 6: in doubt, called again with the same key, or `reconcile` is asked."""
    story = begun(tool)
    first = story.open_call(tool)
    story.settle(tool, outcome="unknown")
    assert story.effect(tool).status == "unknown"
    story.send("post")
    again = story.open_call(tool)
    assert (again.key, again.doubt, again.stored, again.unanswered) == (first.key, DOUBTED, None, False)
    assert story.effect(tool).call == again.id

    story.settle(tool, outcome=outcome, gives={"ok": True})

    assert story.state == state
    statuses = [effect.status for effect in story.session.effects.values()]
    assert statuses == ([] if outcome == "failed" else [outcome])


def test_that_a_write_may_be_under_way_still_is_remembered() -> None:
    """Effects: one that was never answered is asked about, and never called again without a key."""
    story = begun("t.asked")
    story.end("t.asked", CallResult("unknown", error="no answer", unanswered=True))
    assert (story.effect("t.asked").unanswered, last_settled(story).unanswered) == (True, True)
    story.restart()
    story.send("post")
    assert story.open_call("t.asked").unanswered
    story.end("t.asked", CallResult("done", {"found": True}, reconciled=True, unanswered=True))
    assert (story.effect("t.asked").unanswered, last_settled(story).unanswered) == (False, False)


def test_a_step_with_redacted_arguments_stays_unknown() -> None:
    """Design, section 6: an interrupted write with redacted arguments becomes `unknown`."""
    story = Story(posting("{call: t.secret, with: {x: =record.n, y: =record.label}}"), {"n": 1})
    story.send("post", {"label": "hunter2"})
    story.settle("t.secret", outcome="unknown")
    story.send("post")
    assert (story.state, story.session.stay.open) == ("doubt", {})


def test_a_write_of_a_stay_nobody_knows_of_stays_in_the_ledger_when_its_stay_is_left() -> None:
    """Nothing in doubt is forgotten; when it is known, a key that is good no more goes."""
    story = begun("t.stay")
    story.settle("t.stay", outcome="unknown")
    assert (story.state, story.effect("t.stay").stay) == ("doubt", 1)
    story.late(story.effect("t.stay").call)
    assert story.session.effects == {}


def test_two_branches_of_an_all_with_one_key_make_one_write() -> None:
    """Design, section 6: running, IN_PROGRESS; every branch settles, and then the session fails."""
    both = "{all: [{call: t.plain, with: {x: =record.n}, save: got}, {call: t.plain, with: {x: =record.n}}]}"
    story = Story(posting(both), {"n": 1})
    assert len(story.session.stay.open) == 1
    refused = last_settled(story)
    assert (refused.branch, refused.step, (refused.error or "").partition(":")[0]) == (1, "failed", "IN_PROGRESS")
    story.settle("t.plain", gives=1)
    assert (story.state, story.record["got"]) == ("failed", 1)
    story.send("post")
    assert [call.stored for call in story.session.stay.open.values()] == [story.effect("t.plain").settled] * 2
    story.settle("t.plain", gives=1)
    story.settle("t.plain", gives=1)
    assert story.state == "posted"


def test_a_step_of_a_session_whose_ledger_is_full_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds: EFFECTS_PER_SESSION."""
    monkeypatch.setattr(effects, "EFFECTS_PER_SESSION", 1)
    story = begun("t.plain")
    story.settle("t.plain")
    story.send("post", {"n": 2})
    assert story.state == "failed"
    assert (last_settled(story).error or "").startswith("LIMIT_REACHED: This session has made 1 different writes")
    story.send("post", {"n": 1})
    assert story.open_call("t.plain").stored is not None


@pytest.mark.parametrize(
    ("doubt", "success", "outcome"),
    [(None, False, "failed"), ("it broke", False, "unknown"), (None, True, "done"), ("it broke", True, "done")],
)
def test_that_a_second_try_was_no_success_says_nothing_of_the_first(
    doubt: str | None, success: bool, outcome: str
) -> None:
    """Design, section 6: failed only if nothing was sent or `reconcile` refutes it."""
    story = begun("t.asked")
    story.end("t.asked", CallResult("done", {"ok": success}, doubt=doubt))
    assert next(fact.outcome for fact in reversed(story.facts) if fact.kind == "settled") == outcome

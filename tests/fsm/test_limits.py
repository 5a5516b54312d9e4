"""Limits (workflow format): the call after the last allowed one is answered LIMIT_REACHED, and the session moves."""

import pytest

from pointsman.fsm.facts import Denied, Entered
from pointsman.fsm.spent_limit import SpentLimit

from .driver import Story, workflow

BUSY = """
    record: {n: {type: integer}}
    initial: a
    roles: [reviewer]
    limits: [TOP]
    tools: {t.look: {effect: read}, t.post: {effect: write, key: {over: [x]}}}
    states:
      a:
        actor: agent
        tools: [t.look, t.post]
        failed: f
        unknown: f
        events:
          go: {requires: [n], next: b}
          again: {accepts: [n], next: a}
        limits: [STATE]
      b:
        actor: agent
        tools: [t.look]
        events: {go: {requires: [n], next: a}, back: {next: a}, left: {next: out}, right: {next: other}, end: {next: f}}
      out: {actor: agent, tools: [t.look], events: {back: {next: a}, go: {requires: [n], next: a}}}
      other: {actor: agent, events: {back: {next: a}}}
      f: {final: failed, owner: o}
"""


def busy(*, top: str = "", state: str = "") -> Story:
    return Story(workflow(BUSY.replace("[TOP]", f"[{top}]").replace("[STATE]", f"[{state}]")))


def test_the_call_after_the_last_allowed_one_moves_the_session() -> None:
    """Format: `calls` in a state count per stay."""
    story = busy(state="{calls: 2, then: out}")
    story.call("t.look")
    story.call("t.look", outcome="failed")
    assert (story.code, story.state) == (None, "a")
    story.call("t.look")
    assert (story.code, story.state, "out" in story.message) == ("LIMIT_REACHED", "out", True)
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (entered.because, entered.limit, entered.spent) == ("limit", None, SpentLimit("calls", 2, 2))
    story.send("back")
    story.call("t.look")
    assert story.code is None


def test_reads_in_flight_count() -> None:
    """Design, section 3: parallel calls do not go over a limit."""
    story = busy(state="{calls: 2, then: out}")
    story.ask("t.look")
    story.ask("t.look", in_flight=1)
    story.call("t.look", in_flight=2)
    assert (story.code, story.state) == ("LIMIT_REACHED", "out")


def test_a_refused_call_is_not_counted_as_a_call() -> None:
    """Format: the call after the last *allowed* one."""
    story = busy(state="{calls: 1, then: out}")
    story.call("t.look", {})
    assert story.code == "MISSING_FIELDS"
    story.call("t.look")
    assert story.code is None


def test_a_limit_of_the_session_counts_over_its_states_and_moves_it_once() -> None:
    """Format: at the top per session. A session limit moves the session only once."""
    story = busy(top="{calls: 2, then: out}")
    story.call("t.look")
    story.send("go", {"n": 1})
    story.call("t.look")
    story.call("t.look")
    assert (story.code, story.state, story.session.spent) == ("LIMIT_REACHED", "out", ("calls.0",))
    story.call("t.look")
    assert (story.code, story.state) == ("LIMIT_REACHED", "out")
    story.send("back")
    story.call("t.look")
    assert (story.code, story.state) == ("LIMIT_REACHED", "a")


@pytest.mark.parametrize("where", ["state", "top"])
def test_consecutive_refusals_move_the_session(where: str) -> None:
    """Format: `denials`, consecutive refusals of the actor in its own turn."""
    story = busy(**{where: "{denials: 2, then: out}"})
    story.send("nowhere")
    story.call("t.look", {})
    assert story.state == "a"
    story.send("nowhere")
    assert (story.code, story.state) == ("LIMIT_REACHED", "out")
    assert "nowhere" in story.message  # what was wrong this time is said as well
    denied = story.facts[-2].body
    assert isinstance(denied, Denied)
    assert denied.cause == "NOT_ALLOWED"


@pytest.mark.parametrize("good", ["read", "write", "event"])
def test_what_is_accepted_in_between_ends_a_row_of_refusals(good: str) -> None:
    """Format: consecutive."""
    story = busy(top="{denials: 2, then: out}")
    story.send("nowhere")
    story.send("nowhere")
    match good:
        case "read":
            story.call("t.look")
        case "write":
            story.call("t.post")
            story.settle("t.post")
        case _:
            story.send("again")
    story.send("nowhere")
    story.send("nowhere")
    assert (story.code, story.state) == ("NOT_ALLOWED", "a")


def test_a_refusal_out_of_turn_is_not_counted() -> None:
    """Format: of the actor in its own turn."""
    story = busy(state="{denials: 1, then: out}")
    for _ in range(3):
        story.decide("go")
    story.send("nowhere")
    assert (story.state, story.session.stay.counts.denials) == ("a", 1)


@pytest.mark.parametrize("where", ["state", "top"])
def test_consecutive_payloads_that_break_a_contract_move_the_session(where: str) -> None:
    """Format: `invalid`, consecutive payloads that broke a contract."""
    story = busy(**{where: "{invalid: 2, then: out}"})
    story.send("go", {"n": "one"})
    story.send("nowhere")
    story.call("t.look", {})
    story.send("go", {})
    assert (story.state, story.session.stay.counts.invalid) == ("a", 2)
    story.send("nowhere")
    assert (story.code, story.state) == ("NOT_ALLOWED", "a")
    story.send("go", {"n": "two"})
    assert (story.code, story.state) == ("LIMIT_REACHED", "out")
    assert story.last.refusal is not None
    assert story.last.refusal.unmet[0].path == "n"


def test_an_accepted_event_ends_a_row_of_invalid_payloads() -> None:
    """Format: consecutive."""
    story = busy(top="{invalid: 1, then: out}")
    story.send("go", {})
    story.send("again")
    story.send("go", {})
    assert (story.code, story.state) == ("MISSING_FIELDS", "a")


def test_a_broken_payload_that_is_one_refusal_too_many_still_counts_as_a_broken_payload() -> None:
    """Format: every limit counts for itself."""
    story = busy(state="{denials: 1, then: out}", top="{invalid: 5, then: other}")
    story.send("go", {})
    story.send("go", {})
    assert (story.code, story.state, story.session.counts.invalid) == ("LIMIT_REACHED", "out", 2)


def test_a_limit_on_refusals_of_the_session_moves_it_once_and_then_only_refuses() -> None:
    """A session limit moves the session only once; the refusal itself stays what it is."""
    story = busy(top="{denials: 1, then: out}, {invalid: 1, then: other}")
    story.send("nowhere")
    story.send("nowhere")
    assert story.state == "out"
    for _ in range(3):
        story.send("nowhere")
    assert (story.code, story.state) == ("NOT_ALLOWED", "out")
    story.send("go", {})
    story.send("go", {})
    assert (story.code, story.state) == ("LIMIT_REACHED", "other")
    assert story.session.spent == ("denials.0", "invalid.1")


def test_two_limits_of_one_kind_each_move_the_session_once() -> None:
    """Format: a list of limits, each with its `then`."""
    story = busy(top="{denials: 1, then: out}, {denials: 3, then: other}")
    for _ in range(2):
        story.send("nowhere")
    assert story.state == "out"
    for _ in range(2):
        story.send("nowhere")
    assert story.state == "other"


def test_the_limit_of_the_state_comes_before_that_of_the_session() -> None:
    """Fsm: the nearer limit decides."""
    story = busy(top="{calls: 1, then: other}", state="{calls: 1, then: out}")
    story.call("t.look")
    story.call("t.look")
    assert (story.state, story.session.spent) == ("out", ())


def test_no_limit_moves_a_session_that_has_an_open_write() -> None:
    """Format: no limit moves a session that has an open write: it waits for the outcome."""
    story = busy(state="{calls: 1, then: out}, {denials: 2, then: out}")
    story.call("t.post")
    story.call("t.look")
    assert (story.code, story.state) == ("LIMIT_REACHED", "a")
    for _ in range(4):
        story.send("nowhere")
        assert story.state == "a"
    story.settle("t.post")
    assert story.state == "a"
    story.send("nowhere")
    assert (story.code, story.state) == ("LIMIT_REACHED", "out")


def test_a_state_is_left_when_its_time_is_over() -> None:
    """Format: `duration` in a state counts per stay."""
    story = busy(state="{duration: 1h, then: out}")
    story.pass_time(3_599_999)
    assert story.state == "a"
    story.pass_time(1)
    assert story.state == "out"


def test_the_time_of_a_session_moves_it_once() -> None:
    """Format: `duration` at the top counts per session."""
    story = busy(top="{calls: 9, then: other}, {duration: 1h, then: out}")
    story.pass_time(3_600_000)
    assert (story.state, story.session.spent) == ("out", ("duration.1",))
    story.send("back")
    story.pass_time(3_600_000)
    assert story.state == "a"


def test_the_arguments_of_a_refused_call_are_kept_as_digest_and_at_most_four_kilobytes() -> None:
    """Design, section 9."""
    story = busy()
    story.send("nowhere", {"text": "ä" * 5000})
    denied = story.facts[-1].body
    assert isinstance(denied, Denied)
    assert len(denied.arguments.encode()) in (4095, 4096)
    assert denied.arguments_digest.startswith("sha256:")


@pytest.mark.parametrize("where", ["state", "top"])
@pytest.mark.parametrize(
    ("rule", "spent"),
    [
        ("denials: 1", SpentLimit("denials", 1, 1)),
        ("invalid: 1", SpentLimit("invalid", 1, 1)),
        ("duration: 1h", SpentLimit("duration", 3_600_000)),
    ],
)
def test_the_history_says_which_limit_has_moved_the_session(where: str, rule: str, spent: SpentLimit) -> None:
    """Whoever is sent a session is told why: of a limit its kind, what it allows, and the count that has spent it."""
    story = busy(**{where: f"{{{rule}, then: out}}"})
    story.send("go")
    story.send("go")
    story.pass_time(2 * 3_600_000)
    entered = next(fact.body for fact in story.facts if fact.state_after == "out")
    assert isinstance(entered, Entered)
    assert (entered.spent, entered.limit is None) == (spent, where == "state")


def test_the_history_says_how_many_states_a_session_was_allowed() -> None:
    story = busy(top="{steps: 2, then: out}")
    story.send("again")
    story.send("again")
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (story.state, entered.spent) == ("out", SpentLimit("steps", 2, 2))

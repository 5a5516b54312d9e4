"""Who may start, see, drive and cancel (workflow format, "access"; design, section 4)."""

import pytest

from pointsman.fsm.commands import Call, Cancel, Command, Decide, Observe, Read, Request, Send, Settle, Start
from pointsman.fsm.decide import decide
from pointsman.fsm.facts import CallResult
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.session import Actor

from .driver import ADA, MARIA, SERVER, STRANGER, T0, Story, json_object, workflow

PLAIN = """
    record: {n: {type: integer}}
    start: {requires: [n]}
    roles: [reviewer, boss]
    access: ACCESS
    initial: a
    tools: {t.post: {effect: write, key: {over: [x]}}, t.read: {effect: read}}
    states:
      a:
        actor: agent
        tools: [t.post, t.read]
        failed: e
        unknown: e
        events: {go: {next: review}}
      review:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: e}}
        events: {ok: {next: reading}}
      reading: {actor: system, run: [{call: t.read, with: {x: 1}, save: n}], next: e, failed: e}
      e: {final: stopped}
"""
BOSS = Actor("human", "bo", ("boss",))


def plain(access: str = "{start: anyone}", starter: Actor = ADA) -> Story:
    return Story(workflow(PLAIN.replace("ACCESS", access)), {"n": 1}, starter=starter)


EVERYTHING: list[Request] = [
    Call("t.post", {"x": 1}),
    Send("go", {}),
    Decide("ok", {}, "", 1),
    Cancel("c"),
    Observe(Read("r", "t.read", {}, 1, 1), CallResult("done")),
]


@pytest.mark.parametrize("request_", EVERYTHING)
def test_a_session_of_somebody_else_is_not_found_in_the_same_words_as_one_that_is_not_there(request_: Request) -> None:
    """Design, section 4: NOT_FOUND is unknown, expired, or not this caller's: the same words. Faults 35."""
    story = plain()
    for actor in (STRANGER, BOSS):
        foreign = story.submit(request_, actor)
        missing = decide(story.workflow, None, Command("c", T0, actor, "mcp", "one", request_))
        assert foreign.refusal == missing.refusal == NOT_FOUND
        assert (foreign.facts, missing.facts) == ((), ())


def test_a_reviewer_sees_a_session_while_it_waits_for_them() -> None:
    """Format: the starter and the reviewers' roles view."""
    story = plain("{start: anyone, view: starter}")
    story.decide("ok")
    assert story.code == "NOT_FOUND"
    story.send("go")
    story.decide("ok")
    assert story.code is None


def test_a_role_may_drive_and_then_sees() -> None:
    """Format: `drive`: `anyone`, `starter`, a role, or a list of these."""
    story = plain("{drive: [starter, boss], view: starter}")
    story.send("go", actor=Actor("agent", "bo", ("boss",)))
    assert story.state == "review"


def test_anyone_may_drive_where_the_workflow_says_so() -> None:
    """Format: `anyone` is any authenticated principal."""
    story = plain("{drive: anyone}")
    story.send("go", actor=STRANGER)
    assert story.state == "review"


def start(text: str, fields: dict[str, object], actor: Actor) -> str | None:
    played = workflow(PLAIN.replace("ACCESS", text))
    request = Start("s", played.digest, json_object(fields))
    decision = decide(played, None, Command("c", T0, actor, "mcp", "one", request))
    assert (decision.session is None) == (decision.refusal is not None)
    assert (decision.facts == ()) == (decision.refusal is not None)
    return decision.refusal.code if decision.refusal else None


@pytest.mark.parametrize(
    ("access", "actor", "code"),
    [
        ("{start: anyone}", STRANGER, None),
        ("{start: boss}", STRANGER, "FORBIDDEN"),
        ("{start: boss}", BOSS, None),
        ("{start: [reviewer, boss]}", MARIA, None),
    ],
)
def test_who_may_start(access: str, actor: Actor, code: str | None) -> None:
    """Format: `start`."""
    assert start(access, {"n": 1}, actor) == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [({}, "MISSING_FIELDS"), ({"n": "x"}, "INVALID_FIELDS"), ({"n": 1, "m": 1}, "INVALID_FIELDS"), ({"n": 1}, None)],
)
def test_a_start_is_held_to_its_contract(fields: dict[str, object], code: str | None) -> None:
    """Format: `start` (`requires`, `accepts`)."""
    assert start("{start: anyone}", fields, ADA) == code


def test_the_same_start_a_second_time_is_the_session_there_is() -> None:
    """Fsm: the same identifier a second time is the session there is, to its starter, and to nobody else."""
    story = plain()
    again = story.submit(Start("s-1", story.workflow.digest, {"n": 1}), ADA)
    assert (again.refusal, again.repeated, again.facts) == (None, True, ())
    story.submit(Start("s-1", story.workflow.digest, {"n": 1}), STRANGER)
    assert story.last.refusal == NOT_FOUND
    story.submit(Start("s-1", "sha256:another", {"n": 1}), ADA)
    assert story.last.refusal == NOT_FOUND


def test_a_start_leaves_out_what_was_not_given() -> None:
    """Format: `accepts` are optional."""
    story = Story(
        workflow("""
            record: {n: {type: integer}, m: {type: integer}}
            start: {accepts: [n, m]}
            initial: e
            states: {e: {final: success}}
        """),
        {"m": 2},
    )
    assert (story.record, story.session.ended is not None) == ({"m": 2}, True)


def test_a_person_who_may_drive_a_session_cancels_it() -> None:
    """cancellation. The session ends where it is."""
    story = plain()
    story.cancel("enough")
    assert story.session.ended is not None
    assert (story.state, story.session.ended.outcome, story.session.ended.owner) == ("a", "cancelled", None)
    assert story.session.next_timer_at is None
    story.cancel()
    assert story.code == "SESSION_ENDED"
    story.send("go")
    assert (story.code, "cancelled" in story.message) == ("SESSION_ENDED", True)
    story.pass_time(10**9)
    assert story.state == "a"


@pytest.mark.parametrize("actor", [ADA, SERVER, MARIA])
def test_nobody_else_cancels(actor: Actor) -> None:
    """Design, section 1: nothing an agent can call switches the governor off."""
    story = plain("{view: anyone}")
    story.cancel(actor=actor)
    assert (story.code, story.session.ended) == ("FORBIDDEN", None)


def test_cancellation_waits_for_the_outcome_of_an_open_write() -> None:
    """Format: no cancellation moves a session that has an open write."""
    story = plain()
    story.call("t.post")
    story.cancel()
    assert (story.code, "t.post" in story.message) == ("IN_PROGRESS", True)
    story.settle("t.post")
    story.cancel()
    assert story.session.ended is not None


def test_what_was_open_when_a_session_was_cancelled_changes_nothing_any_more() -> None:
    """An ended session never changes."""
    story = plain()
    read = story.ask("t.read")
    story.cancel()
    before = story.session
    story.observe(read, gives=7)
    assert (story.record, story.session.done, story.session.counts) == (before.record, {}, before.counts)

    other = plain()
    other.send("go")
    other.decide("ok")
    call = other.open_call("t.read")
    other.cancel()
    other.submit(Settle(call.id, CallResult("done", 7)))
    assert (other.last.facts, other.record) == ((), {"n": 1})
    assert other.session.stay.open == {}

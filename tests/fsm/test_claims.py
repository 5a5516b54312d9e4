"""Claims (design, section 7): which of those who may decide does. They widen nobody's rights."""

from __future__ import annotations

from typing import Final

import pytest

from pointsman.contracts.bounds import PRINCIPAL_CHARACTERS, RATIONALE_CHARACTERS
from pointsman.fsm.commands import Claim, Delegate, Release, Request
from pointsman.fsm.holder import Holder
from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, Story, workflow
from .told import administered

HOUR_MS: Final = 3_600_000
OTTO: Final = Actor("human", "otto", ("reviewer",))
CLEO: Final = Actor("human", "cleo", ("chief",))
DESK: Final = workflow("""
    record: {text: {type: string}}
    roles: [reviewer, chief]
    access: {view: [starter, reviewer, chief]}
    initial: writing
    tools: {t.pay: {effect: write, key: {over: [x]}}, t.look: {effect: read}}
    states:
      writing:
        actor: agent
        tools: [{use: t.pay, approval: {role: reviewer, exclude: [=session.started_by], within: 2h}}]
        events: {ready: {next: review}, several: {next: board}}
        failed: late
        unknown: late
      review:
        actor: human
        review: {role: reviewer, exclude: [=session.started_by], accept: [cli, api], due: {in: 1d, then: late}}
        exit: [{call: t.look, with: {x: 1}}]
        failed: late
        events: {approve: {next: late}, reject: {next: writing}}
      board:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: late}}
        events: {agree: {approvals: 2, next: late}, stop: {next: late}}
      late: {final: stopped}
""")
UNSAID: Final = workflow("""
    record: {text: {type: string}}
    roles: [reviewer]
    access: {view: [starter, reviewer]}
    initial: writing
    states:
      writing: {actor: agent, events: {ready: {next: review}}}
      review:
        actor: human
        review: {role: reviewer, exclude: [=record.text], accept: [cli], due: {in: 1d, then: late}}
        events: {approve: {next: late}}
      late: {final: stopped}
""")
"""Its review excludes whom a field names that is not set."""


@pytest.fixture
def story() -> Story:
    story = Story(DESK)
    story.send("ready")
    return story


@pytest.fixture
def asked() -> Story:
    """A call that waits for a person."""
    story = Story(DESK)
    story.call("t.pay")
    return story


def hold(story: Story, request: Request, actor: Actor = MARIA, channel: str = "cli") -> str | None:
    story.submit(request, actor, channel=channel)
    return story.code


def holder(story: Story) -> Holder | None:
    review = story.session.stay.review
    assert review is not None
    return review.holder


def test_whoever_has_claimed_a_review_alone_decides_it(story: Story) -> None:
    assert hold(story, Claim()) is None
    assert holder(story) == Holder("maria", story.at)
    fact = story.facts[-1]
    assert (fact.kind, fact.action, fact.outcome, fact.actor_id) == ("admin", "claim", "done", "maria")
    assert (administered(story).act, administered(story).holder, administered(story).held_by) == (
        "claimed",
        holder(story),
        None,
    )
    story.decide("approve", actor=OTTO)
    assert (story.code, story.state) == ("NOT_YOUR_TURN", "review")
    assert "maria has claimed s-1" in story.message
    assert "pointsman review claim s-1 --take-over" in story.message
    story.decide("reject")
    assert story.session.stay.leaving is not None


def test_a_claim_again_by_the_same_person_says_nothing_new(story: Story) -> None:
    hold(story, Claim())
    story.at += HOUR_MS
    for again in (Claim(), Claim(take_over=True)):
        assert hold(story, again) is None
        assert (story.last.facts, story.last.repeated) == ((), True)


def test_another_person_who_may_decide_takes_it_over_only_by_saying_so(story: Story) -> None:
    hold(story, Claim())
    assert hold(story, Claim(), OTTO) == "NOT_YOUR_TURN"
    assert hold(story, Claim(take_over=True), OTTO) is None
    assert (holder(story), administered(story).held_by) == (Holder("otto", story.at), "maria")
    story.decide("reject")
    assert story.code == "NOT_YOUR_TURN"
    story.decide("reject", actor=OTTO)
    assert story.code is None


def test_what_was_claimed_is_given_back_by_whoever_has_claimed_it(story: Story) -> None:
    assert hold(story, Release()) == "NOT_ALLOWED"
    hold(story, Claim())
    assert hold(story, Release(), OTTO) == "NOT_YOUR_TURN"
    without_the_role = Actor("human", "maria", ("chief",))
    assert hold(story, Release(), without_the_role) is None
    assert (holder(story), administered(story).act, administered(story).held_by) == (None, "released", "maria")
    story.decide("reject", actor=OTTO)
    assert story.code is None


def test_a_review_is_handed_to_another_person_with_a_reason(story: Story) -> None:
    assert hold(story, Delegate("otto", "I am away.")) is None
    assert holder(story) == Holder("otto", story.at, "maria", "I am away.")
    assert (administered(story).act, administered(story).reason, administered(story).held_by) == (
        "delegated",
        "I am away.",
        None,
    )
    story.decide("reject")
    assert story.code == "NOT_YOUR_TURN"
    assert hold(story, Delegate("maria", "So am I."), OTTO) is None
    assert (administered(story).held_by, holder(story)) == ("otto", Holder("maria", story.at, "otto", "So am I."))
    assert hold(story, Delegate("zoe", "x"), OTTO) == "NOT_YOUR_TURN"


def test_a_delegation_widens_nobodys_rights(story: Story) -> None:
    """The other person is judged like anybody when they decide."""
    assert hold(story, Delegate("cleo", "She knows it.")) is None
    story.decide("reject", actor=CLEO)
    assert (story.code, "role reviewer" in story.message) == ("FORBIDDEN", True)
    assert hold(story, Claim(), CLEO) == "FORBIDDEN"
    assert hold(story, Claim(take_over=True), OTTO) is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Delegate("ada", "r"), "FORBIDDEN"),
        (Delegate("zoe/her-client", "r"), "NOT_ALLOWED"),
        (Delegate("zoe", "r", to_owns=("ada",)), "FORBIDDEN"),
        (Delegate("zoe", "r", to_kind="human"), None),
        (Delegate("bot", "r", to_kind="agent"), "NOT_ALLOWED"),
        (Delegate("hook", "r", to_kind="external"), "NOT_ALLOWED"),
        (Delegate("maria", "r"), "NOT_ALLOWED"),
        (Delegate("", "r"), "INVALID_FIELDS"),
        (Delegate(" zoe", "r"), "INVALID_FIELDS"),
        (Delegate("zo\u202ee", "r"), "INVALID_FIELDS"),
        (Delegate("z" * (PRINCIPAL_CHARACTERS + 1), "r"), "INVALID_FIELDS"),
        (Delegate("zoe", ""), "INVALID_FIELDS"),
        (Delegate("zoe", "r" * (RATIONALE_CHARACTERS + 1)), "INVALID_FIELDS"),
    ],
)
def test_nothing_is_delegated_to_whom_it_cannot_be(story: Story, request_: Delegate, code: str | None) -> None:
    """To no agent or system, to nobody who is excluded, to nobody without a name that can be seen."""
    assert hold(story, request_) == code
    assert (holder(story) is None) == (code is not None)


@pytest.mark.parametrize("request_", [Claim(), Claim(take_over=True), Delegate("zoe", "r")])
@pytest.mark.parametrize(
    ("actor", "channel"),
    [
        (ADA_HERSELF, "cli"),
        (CLEO, "cli"),
        (MARIA, "mcp"),
        (MARIA, "console"),
        (ADA, "cli"),
        (OUTSIDE, "api"),
        (SERVER, "server"),
        (Actor("agent", "maria", ("reviewer",)), "api"),
    ],
)
def test_whoever_may_not_decide_claims_and_delegates_nothing(
    story: Story, request_: Request, actor: Actor, channel: str
) -> None:
    """Refused as their decision is: no person, without the role, excluded, or through another channel."""
    assert hold(story, request_, actor, channel) == "FORBIDDEN"
    assert (story.facts[-1].kind, story.facts[-1].code, holder(story)) == ("denied", "FORBIDDEN", None)


@pytest.mark.parametrize("actor", [ADA, OUTSIDE, SERVER])
def test_no_actor_but_a_person_releases(story: Story, actor: Actor) -> None:
    hold(story, Claim())
    assert hold(story, Release(), actor) == "FORBIDDEN"
    assert holder(story) is not None


def test_a_review_that_several_persons_decide_is_claimed_by_nobody() -> None:
    """A claim does not hold it up."""
    story = Story(DESK)
    story.send("several")
    for request in (Claim(), Delegate("otto", "r")):
        assert hold(story, request) == "NOT_ALLOWED"
        assert "2 persons" in story.message
    story.decide("agree")
    story.decide("agree", actor=OTTO)
    assert story.state == "late"


def test_a_claim_ends_with_the_stay(story: Story) -> None:
    hold(story, Claim())
    story.decide("reject")
    for request in (Claim(), Delegate("otto", "r")):
        assert hold(story, request) == "NOT_YOUR_TURN"
    assert hold(story, Release()) == "NOT_ALLOWED"
    story.settle("t.look")
    story.send("ready")
    assert holder(story) is None
    hold(story, Claim())
    story.cancel()
    story.settle("t.look")
    for request in (Claim(), Delegate("otto", "r")):
        assert hold(story, request) == "SESSION_ENDED"
    assert hold(story, Release()) == "NOT_ALLOWED"


def test_where_nothing_waits_nothing_is_claimed() -> None:
    story = Story(DESK)
    assert hold(story, Claim()) == "NOT_YOUR_TURN"
    assert hold(story, Claim("7")) == "STALE"
    assert hold(story, Release("7")) == "NOT_ALLOWED"


# Calls that wait.


def test_a_call_that_waits_is_claimed_like_a_review(asked: Story) -> None:
    number = str(asked.session.revision)
    assert hold(asked, Claim(number)) is None
    assert asked.session.stay.approvals[number].holder == Holder("maria", asked.at)
    assert (administered(asked).approval, administered(asked).act) == (number, "claimed")
    asked.judge("approve", actor=OTTO)
    assert (asked.code, f"claim s-1.{number} --take-over" in asked.message) == ("NOT_YOUR_TURN", True)
    assert hold(asked, Delegate("otto", "r", number)) is None
    assert hold(asked, Release(number), OTTO) is None
    assert hold(asked, Claim(number), OTTO) is None
    asked.judge("approve", actor=OTTO)
    assert asked.code is None
    assert hold(asked, Claim(number)) == "STALE"
    assert hold(asked, Release(number), OTTO) == "NOT_ALLOWED"


def test_who_may_not_approve_a_call_does_not_claim_it(asked: Story) -> None:
    number = str(asked.session.revision)
    for actor in (ADA_HERSELF, CLEO, ADA):
        assert hold(asked, Claim(number), actor) == "FORBIDDEN"
    asked.pass_time(3 * HOUR_MS)
    assert hold(asked, Claim(number)) == "STALE"


@pytest.mark.parametrize("request_", [Claim(), Delegate("zoe", "r")])
def test_where_it_cannot_be_said_who_is_excluded_nothing_is_claimed_or_delegated(request_: Request) -> None:
    story = Story(UNSAID)
    story.send("ready")
    assert hold(story, request_) == "FORBIDDEN"
    assert "cannot be said" in story.message
    assert holder(story) is None

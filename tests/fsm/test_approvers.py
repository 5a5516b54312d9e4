"""Who decides about a call, and about which one (design, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Actor

from .approvals import ASKED, TEXT, TIDY, tidying, waits
from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, Story, workflow


@pytest.fixture
def story() -> Story:
    return tidying()


@dataclass(frozen=True)
class About:
    """A decision that is about something else in one respect."""

    event: str = "approve"
    arguments: Mapping[str, object] | None = None
    number: str = ""
    digest: str | None = None
    stay: int | None = None


@pytest.mark.parametrize(
    "actor",
    [ADA, Actor("agent", "maria", ("reviewer",)), SERVER, OUTSIDE, ADA_HERSELF, Actor("human", "tmp", ("reviewer",))],
)
def test_nobody_but_a_person_who_may_decides(story: Story, actor: Actor) -> None:
    """Faults 21: an agent approves its own. `exclude` sees the arguments: who is named in them is excluded."""
    story.call("t.delete", ASKED)
    for event in ("approve", "reject", "nothing"):
        story.judge(event, actor=actor)
        assert (story.code, waits(story).status) == ("FORBIDDEN", "pending")
    assert story.session.stay.open == {}


def test_a_person_without_the_role_does_not_find_the_session_or_is_forbidden(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.judge("approve", actor=Actor("human", "otto", ("cook",)))
    assert story.code == "NOT_FOUND"
    story.judge("approve", actor=Actor("human", "ada", ()))
    assert story.code == "FORBIDDEN"


@pytest.mark.parametrize("channel", ["elicitation", "mcp", "script"])
def test_a_call_is_not_approved_through_the_agents_own_client(story: Story, channel: str) -> None:
    """Design, section 7. Faults 21: an elicitation that answers itself."""
    story.call("t.delete", ASKED)
    story.judge("approve", channel=channel)
    assert (story.code, waits(story).status) == ("FORBIDDEN", "pending")


ZOE: Final = Actor("human", "zoe", ("reviewer",))


@pytest.mark.parametrize(
    ("actor", "owns", "code"),
    [(ZOE, (), "FORBIDDEN"), (MARIA, ("bot",), "FORBIDDEN"), (MARIA, ("other",), None)],
)
def test_who_answers_for_the_agent_that_asked_may_not_approve_where_anybody_is_excluded(
    actor: Actor, owns: tuple[str, ...], code: str | None
) -> None:
    """Nobody approves what an agent of their own has asked."""
    open_to_all = workflow(TEXT.replace("view: [starter]", "view: anyone, drive: anyone"))
    story = Story(open_to_all, {"file": "a.txt", "stale": True})
    bot = Actor("agent", "bot", owner="zoe")
    story.call("t.delete", ASKED, actor=bot)
    story.call("t.pay", actor=bot)
    deleting, paying = sorted(story.session.stay.approvals.values(), key=lambda one: int(one.id))
    assert (deleting.asked_by, deleting.answers_for) == ("bot", "zoe")
    decide = Decide("approve", {}, shown_digest(deleting), 1, approval=deleting.id, owns=owns)
    story.submit(decide, actor, channel="cli")
    assert story.code == code
    story.judge("approve", number=paying.id, actor=ZOE)
    assert story.code is None, "where nobody is excluded, they may"


def test_where_it_cannot_be_said_who_is_excluded_nobody_decides(story: Story) -> None:
    story.call("t.delete", {"x": 1})
    story.judge("approve")
    assert (story.code, "cannot be said" in story.message) == ("FORBIDDEN", True)


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (About(digest="sha256:0"), "STALE"),
        (About(stay=0), "STALE"),
        (About(number="999"), "STALE"),
        (About(event="agree"), "NOT_ALLOWED"),
        (About(arguments={"amount": 1}), "INVALID_FIELDS"),
    ],
)
def test_a_decision_is_about_this_call_as_it_was_shown(story: Story, about: About, code: str) -> None:
    """Faults 20: bound to what was shown. A person can approve or reject, and change nothing."""
    story.call("t.delete", ASKED)
    story.judge(about.event, about.arguments, number=about.number, digest=about.digest, stay=about.stay)
    assert (story.code, waits(story).status, story.session.stay.open) == (code, "pending", {})


def test_what_was_shown_of_one_call_approves_no_other(story: Story) -> None:
    story.call("t.pay", {"x": 1})
    one = waits(story)
    story.call("t.pay", {"x": 2})
    story.judge("approve", digest=shown_digest(one))
    assert (story.code, story.session.stay.open) == ("STALE", {})


@pytest.mark.parametrize(("first", "told"), [("approve", "approved"), ("reject", "rejected")])
def test_of_two_persons_who_decide_at_once_one_wins(story: Story, first: str, told: str) -> None:
    """Faults 8 and 20: used once."""
    story.call("t.delete", ASKED)
    otto = Actor("human", "otto", ("reviewer",))
    story.judge(first)
    for event in ("approve", "reject"):
        story.judge(event, actor=otto)
        assert (story.code, f"maria has {told}" in story.message) == ("STALE", True)
    assert len(story.session.stay.open) == (first == "approve")


def test_leaving_the_stay_makes_what_waits_void(story: Story) -> None:
    """Coming back to the state is another stay, where the number means nothing."""
    story.call("t.delete", ASKED)
    approval = waits(story)
    story.send("again")
    for stay in (1, 2):
        story.judge("approve", number=approval.id, digest=shown_digest(approval), stay=stay)
        assert (story.code, story.session.stay.open) == ("NOT_FOUND", {})
        story.judge("approve", number=approval.id, digest=shown_digest(approval), stay=stay, actor=ADA_HERSELF)
        assert (story.code, story.session.stay.open) == ("STALE", {})
    story.call("t.delete", ASKED)
    assert (story.code, waits(story).id != approval.id) == ("NEEDS_APPROVAL", True)


def test_what_was_shown_in_another_stay_or_session_approves_nothing_however_equal_it_looks(story: Story) -> None:
    """Faults 20: a digest is of this very asking."""
    story.call("t.delete", ASKED)
    earlier = waits(story)
    other = Story(TIDY, {"file": "a.txt", "stale": True}, named="s-2")
    other.call("t.delete", ASKED)
    story.judge("approve", digest=shown_digest(waits(other)))
    assert (story.code, story.facts[-1].code) == ("STALE", "STALE")
    story.send("again")
    story.call("t.delete", ASKED)
    assert waits(story).arguments == earlier.arguments
    story.judge("approve", digest=shown_digest(earlier))
    assert (story.code, waits(story).status, story.facts[-1].kind) == ("STALE", "pending", "denied")


def test_of_a_session_that_has_ended_nothing_is_approved(story: Story) -> None:
    story.call("t.delete", ASKED)
    approval = waits(story)
    story.cancel()
    story.judge("approve", number=approval.id, digest=shown_digest(approval), actor=ADA_HERSELF)
    assert story.code == "SESSION_ENDED"

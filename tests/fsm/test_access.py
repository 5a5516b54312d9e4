"""Who may see, start and drive: owners, tokens bound to a session, systems, and what the server itself may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.contracts.workflow import Access
from pointsman.fsm.gate import may_drive, may_know, may_start, may_view
from pointsman.fsm.session import Actor

from .driver import ADA, SERVER, STRANGER, Story, workflow

HER_SCRIPT = Actor("external", "nightly", owner="ada")
HER_OTHER_AGENT = Actor("agent", "second", owner="ada")
BOUND_ELSEWHERE = Actor("agent", "ada", session="t" * 26)


TALE = workflow("""
initial: looking
roles: [reviewer]
tools: {t.look: {effect: read}}
states:
  looking:
    actor: agent
    tools: [t.look]
    events:
      done: {next: over}
  over: {final: success}
""")

ORDERS = workflow("""
record: {number: {type: string}}
start: {requires: [number]}
initial: over
states:
  over: {final: success}
""")


@pytest.fixture
def story() -> Story:
    return Story(TALE)


def test_a_session_is_the_owners_of_whoever_starts_it() -> None:
    """Design, section 7: `session.started_by` is the accountable principal."""
    story = Story(TALE, starter=HER_OTHER_AGENT)
    assert story.session.started_by == "ada"
    for actor in (ADA, HER_OTHER_AGENT, HER_SCRIPT):
        assert may_drive(story.workflow, story.session, actor)
    assert not may_view(story.workflow, story.session, STRANGER)


def test_whoever_is_bound_to_another_session_sees_none_and_starts_none(story: Story) -> None:
    bound = Actor("agent", "ada", session=story.session.id)
    assert may_view(story.workflow, story.session, bound)
    assert not may_view(story.workflow, story.session, BOUND_ELSEWHERE)
    assert not may_start(story.workflow, bound)
    assert story.call("t.look", actor=BOUND_ELSEWHERE).refusal is not None
    assert story.code == "NOT_FOUND"


def test_a_binding_gives_nobody_a_right(story: Story) -> None:
    """It narrows what a token opens; what its principal may not see stays unseen."""
    bound = Actor("agent", "mallory", session=story.session.id)
    assert not may_view(story.workflow, story.session, bound)


def test_another_system_is_judged_like_everybody(story: Story) -> None:
    assert not may_view(story.workflow, story.session, Actor("external", "portal"))
    assert may_view(story.workflow, story.session, SERVER)


def test_a_trigger_starts_whatever_access_says() -> None:
    closed = replace(TALE, access=Access(start=()))
    assert may_start(closed, Actor("system", "webhook:w"))
    for actor in (ADA, HER_SCRIPT, Actor("human", "ada", ("reviewer",))):
        assert not may_start(closed, actor)


@pytest.mark.parametrize(
    ("start", "actor", "message"),
    [
        (("reviewer", "clerk"), ADA, "Only reviewer or clerk may start tale."),
        ((), HER_SCRIPT, "Only a trigger may start tale."),
        (("anyone",), BOUND_ELSEWHERE, "This token is bound to a session."),
    ],
)
def test_whoever_may_not_start_is_told_who_may(start: tuple[str, ...], actor: Actor, message: str) -> None:
    story = Story(replace(TALE, access=Access(start=start)), starter=actor)
    assert (story.code, story.message, story.facts) == ("FORBIDDEN", message, [])


def test_a_session_is_not_started_without_its_fields() -> None:
    story = Story(ORDERS)
    assert (story.code, story.facts) == ("MISSING_FIELDS", [])
    assert Story(ORDERS, {"number": "4711"}).record == {"number": "4711"}


def test_a_workflow_is_known_to_those_whom_it_names() -> None:
    closed = replace(TALE, access=Access(start=("reviewer",)))
    assert may_know(closed, Actor("human", "maria", ("reviewer",)))
    assert not may_know(closed, ADA)
    for access in (Access(start=(), view=("anyone",)), Access(start=(), drive=("anyone",)), Access(start=("anyone",))):
        assert may_know(replace(closed, access=access), ADA)

"""What the last facts of a story tell."""

from __future__ import annotations

from pointsman.fsm.facts import Administered, Entered, Settled

from .driver import Story


def last_settled(story: Story) -> Settled:
    """How the call ended that ended last."""
    return next(fact.body for fact in reversed(story.facts) if isinstance(fact.body, Settled))


def because(story: Story) -> str:
    """Why the state was entered."""
    return [fact.body for fact in story.facts if isinstance(fact.body, Entered)][-1].because


def administered(story: Story) -> Administered:
    """What was administered last."""
    body = story.facts[-1].body
    assert isinstance(body, Administered)
    return body

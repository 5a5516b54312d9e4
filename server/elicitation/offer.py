"""What a person could decide now: an open review, and those of its events that the machine would not refuse them.

The machine itself is asked, with decisions that are made for nobody to see: it is a pure function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Event, HumanState, Workflow
from pointsman.fsm.commands import Command, Decide
from pointsman.fsm.decide import decide
from pointsman.fsm.refusals import Code
from pointsman.fsm.session import Actor, OpenReview, Session

CHANNEL: Final = "elicitation"
RATIONALE: Final = "rationale"
ANSWERS_COUNT: Final[frozenset[Code]] = frozenset(
    {"MISSING_FIELDS", "INVALID_FIELDS", "MISSING_EVIDENCE", "GUARD_FAILED"}
)
"""Refusals that depend on what is answered: with other values the same person may decide the same."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An open review that a person could decide by these events, as it is now."""

    person: Actor
    workflow: Workflow
    session: Session
    state: HumanState
    review: OpenReview
    events: tuple[Event, ...]

    def decision(self, event: str, arguments: JsonObject) -> Decide:
        """Make the request that decides this review, as it was shown, in this stay."""
        return Decide(event, arguments, self.review.shown_digest, self.session.stay.number)


def offer(person: Actor, workflow: Workflow, session: Session, command: Callable[[Decide], Command]) -> Offer | None:
    """Say what a person could decide of a session; None where that is nothing, or they have said it before.

    Args:
        person: Who would decide.
        workflow: The session's.
        session: As it is now.
        command: Makes of a decision the command of this person, through their channel.
    """
    state, review = workflow.states[session.state], session.stay.review
    if review is None or not isinstance(state, HumanState) or person.accountable in session.stay.votes:
        return None
    whole = Offer(person, workflow, session, state, review, tuple(state.events.values()))
    events = tuple(event for event in whole.events if _may_be_decided(whole, event, command))
    return Offer(person, workflow, session, state, review, events) if events else None


def _may_be_decided(whole: Offer, event: Event, command: Callable[[Decide], Command]) -> bool:
    properties = event.contract.input_schema.get("properties")
    names = set(properties) if isinstance(properties, dict) else set[str]()
    arguments: JsonObject = {RATIONALE: "-"} if RATIONALE in names else {}
    refusal = decide(whole.workflow, whole.session, command(whole.decision(event.name, arguments))).refusal
    if refusal is None:
        return True
    answers_nothing = names <= {RATIONALE}
    return refusal.code in ANSWERS_COUNT and not (answers_nothing and refusal.code == "GUARD_FAILED")

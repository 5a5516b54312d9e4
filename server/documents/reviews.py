"""Open reviews: what a list has of one, and what its reviewer sees."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import CallStep, HumanState, Workflow
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import OpenReview, Session
from pointsman.fsm.stays import show_name
from pointsman.fsm.votes import votes_so_far

from .claims import claim, claimed_by
from .exceptions import exception
from .nothing import nothing_to_decide
from .places import moment
from .proposals import edited, proposal
from .readings import readings
from .reasons import reason


def opened_at(session: Session) -> int:
    """Say since when a session's review is open."""
    review = session.stay.review
    return review.opened_at if review is not None else session.stay.since


def entry(session: Session, now_ms: int) -> JsonObject:
    """Give what a list has of a session whose review is open."""
    review = session.stay.review
    return {
        "id": session.id,
        "kind": "review",
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "role": review.role if review is not None else None,
        "opened_at": iso(opened_at(session)),
        "age_s": (now_ms - opened_at(session)) // 1000,
        "due": moment(review.due_at) if review is not None else None,
        "shown_digest": review.shown_digest if review is not None else None,
        "claimed_by": claimed_by(review.holder) if review is not None else None,
    }


def document(connection: Connection, session: Session, workflow: Workflow, now_ms: int) -> JsonObject | Refusal:
    """Give the open review of a session, what it shows in the workflow's order; refused where none is open."""
    review, state = session.stay.review, workflow.states[session.state]
    if review is None or session.ended is not None or not isinstance(state, HumanState):
        return nothing_to_decide(session)
    wanted = state.review
    decisions: list[Json] = [
        {
            "event": event.name,
            "description": event.description,
            "leads_to": list(dict.fromkeys(transition.to for transition in event.next)),
            "approvals": event.approvals,
            "input_schema": event.contract.input_schema,
        }
        for event in state.events.values()
    ]
    return {
        **entry(session, now_ms),
        "claim": claim(review.holder),
        "version": session.version,
        "votes": votes_so_far(session.stay),
        "revision": session.revision,
        "stay": session.stay.number,
        "started_by": session.started_by,
        "goal": state.goal,
        "shown": shown(state, review),
        "edited": {name: was for name, was in edited(connection, session).items() if name in review.shown},
        "reason": reason(connection, session),
        "proposal": proposal(connection, session),
        "exception": None if review.exception is None else exception(connection, session, review.exception),
        "readings": None if review.readings is None else readings(connection, session, review.readings),
        "edit": list(wanted.edit),
        "rationale": "required" if wanted.rationale_required else "optional",
        "accept": [*sorted(wanted.accept)],
        "exclude": [one.text for one in wanted.exclude],
        "decisions": decisions,
    }


def without_values(document: JsonObject) -> JsonObject:
    """Leave out of a review's document what a step rested on, was compared with or failed with: that is for people."""
    return {name: value for name, value in document.items() if name not in ("exception", "readings", "reason")}


def shown(state: HumanState, review: OpenReview) -> JsonObject:
    """Give what a review shows, in the order of the workflow's `show`."""
    return dict(_in_order(state, review))


def _in_order(state: HumanState, review: OpenReview) -> Iterator[tuple[str, Json]]:
    """What is shown; what has no value is left out."""
    wanted = [show_name(item) if isinstance(item, CallStep) else item for item in state.review.show]
    for name in dict.fromkeys([*wanted, *review.shown]):
        if name in review.shown:
            yield name, review.shown[name]

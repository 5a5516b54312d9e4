"""Which facts somebody is to be told of: a pure function of a commit's facts, because every commit asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.facts import Administered, Entered, Fact, Intended, Settled, TimerFired
from pointsman.fsm.holder import Holder
from pointsman.fsm.session import OpenApproval, OpenReview, Session

from ..store.notices import NOBODY_YET, NoticeKind, NoticeRow


def notices_of(workflow: Workflow, session: Session, facts: Sequence[Fact]) -> Iterator[NoticeRow]:
    """Give the notices that the last facts of a session call for.

    Args:
        workflow: What it goes by.
        session: What the facts have led to.
        facts: Its newest facts, oldest first.
    """
    stay = session.stay.number - sum(isinstance(fact.body, Entered) for fact in facts)
    for revision, fact in enumerate(facts, start=session.revision - len(facts) + 1):
        body = fact.body
        if isinstance(body, Entered):
            stay += 1
        if isinstance(body, Entered | Settled | Intended | TimerFired | Administered):
            about = _about(workflow, session, fact.outcome, body)
            if about is not None:
                yield _row(session, stay, revision, fact, about)


class _About(NamedTuple):
    """What a notice is about: the columns that its kind decides."""

    kind: NoticeKind
    role: str | None = None
    owner: str | None = None
    tool: str | None = None
    call: str | None = None
    due_at: int | None = None


def _about(
    workflow: Workflow,
    session: Session,
    outcome: str | None,
    body: Entered | Settled | Intended | TimerFired | Administered,
) -> _About | None:
    match body:
        case Entered(review=OpenReview() as review) | Settled(review=OpenReview() as review):
            return _About("opened", review.role, due_at=review.due_at)
        case Entered(owner=str(owner)):
            return _About("ended", owner=owner)
        case Settled(tool=tool, call=call) if outcome == "unknown":
            return _About("unknown", owner=workflow.owner, tool=tool, call=call)
        case Intended(approval=OpenApproval() as asked):
            return _About("approval", asked.role, tool=asked.tool, call=asked.id, due_at=asked.expires_at)
        case TimerFired(effect="reminded") if session.stay.review is not None:
            return _About("reminded", session.stay.review.role, due_at=session.stay.review.due_at)
        case Administered(act="delegated", holder=Holder(by=person), approval=number):
            return _delegated(session, person, number)
        case _:
            return None


def _delegated(session: Session, person: str, number: str | None) -> _About | None:
    """A call that waits under this number, or the review, is now this person's."""
    if number is not None:
        asked = session.stay.approvals[number]
        return _About("delegated", asked.role, person, asked.tool, number, asked.expires_at)
    review = session.stay.review
    return None if review is None else _About("delegated", review.role, person, due_at=review.due_at)


def _row(session: Session, stay: int, revision: int, fact: Fact, about: _About) -> NoticeRow:
    return NoticeRow(
        session_id=session.id,
        revision=revision,
        kind=about.kind,
        workflow=session.workflow,
        definition=session.definition,
        state=fact.state_after or "",
        stay=stay,
        role=about.role,
        owner=about.owner,
        tool=about.tool,
        call=about.call,
        at=fact.at,
        due_at=about.due_at,
        status="waiting",
        attempts=0,
        next_at=fact.at,
        sent=NOBODY_YET,
    )

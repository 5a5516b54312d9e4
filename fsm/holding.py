"""Who holds the open review of a stay, or a call that waits there, as the session has it.

Of the session alone; who may claim, release and delegate is said in `claiming`.
"""

from __future__ import annotations

from dataclasses import replace

from .holder import Holder
from .session import Session


def held(session: Session, approval: str | None, holder: Holder | None) -> Session:
    """The session whose open review, or whose call that waits for this approval, somebody holds, or nobody any more."""
    stay = session.stay
    if approval is None:
        review = stay.review and replace(stay.review, holder=holder)
        return replace(session, stay=replace(stay, review=review))
    waiting = replace(stay.approvals[approval], holder=holder)
    return replace(session, stay=replace(stay, approvals={**stay.approvals, approval: waiting}))

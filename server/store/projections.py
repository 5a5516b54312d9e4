"""What lists have of a session beside its snapshot: what waits for people, unknown writes, words to search by. Pure.

These rows follow from the session, or from how it was started, and are written in the same commit. Verification
holds them against it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from pointsman.contracts.values import Json
from pointsman.fsm.facts import Started
from pointsman.fsm.redaction import REDACTED
from pointsman.fsm.session import Session

from ..bounds import SESSION_KEY_CHARACTERS, SESSION_KEYS

OF_THE_STATE: Final = ""
"""The number of the review that a state is; a call that waits has that of its approval."""


class ReviewRow(NamedTuple):
    """A row of the table `reviews`, its columns in the table's order."""

    session_id: str
    number: str
    role: str
    workflow: str
    definition: str
    state: str
    tool: str | None
    opened_at: int
    due_at: int | None
    claimed_by: str | None


class UnknownEffect(NamedTuple):
    """A row of the table `unknown_effects`, its columns in the table's order."""

    session_id: str
    call: int
    opened_at: int


class SessionKey(NamedTuple):
    """A row of the table `session_keys`, its columns in the table's order."""

    value: str
    session_id: str


class Projection(NamedTuple):
    """What of a session's rows beside the snapshot follows from the session as it is."""

    reviews: tuple[ReviewRow, ...] = ()
    unknown: tuple[UnknownEffect, ...] = ()


NOTHING: Final = Projection()


def projection(session: Session | None) -> Projection:
    """Give what lists have of a session; of none, nothing."""
    if session is None or not (session.stay.review or session.stay.approvals or session.effects):
        return NOTHING  # as of most sessions at most commits
    return Projection(
        tuple(_reviews(session)) if session.ended is None else (),
        tuple(
            UnknownEffect(session.id, int(effect.call), effect.opened_at)
            for effect in session.effects.values()
            if effect.status == "unknown"
        ),
    )


def session_keys(started: Started) -> list[SessionKey]:
    """Give what a session is searched by: the short texts and numbers that it was started with, each once."""
    words = (searched(word) for word in map(_word, started.writes.values()) if word is not None)
    found = dict.fromkeys(word for word in words if 0 < len(word) <= SESSION_KEY_CHARACTERS)
    return [SessionKey(word, started.session) for word in [*found][:SESSION_KEYS]]


def searched(text: str) -> str:
    """Write a text as it is searched: without regard to case, to how letters are composed, or to white space."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def _reviews(session: Session) -> Iterator[ReviewRow]:
    stay = session.stay
    where = (session.workflow, session.definition, session.state)
    if stay.review is not None:
        review = stay.review
        by = None if review.holder is None else review.holder.by
        yield ReviewRow(session.id, OF_THE_STATE, review.role, *where, None, review.opened_at, review.due_at, by)
    for one in stay.approvals.values():
        if one.status == "pending":
            by = None if one.holder is None else one.holder.by
            yield ReviewRow(session.id, one.id, one.role, *where, one.tool, one.opened_at, one.expires_at, by)


def _word(value: Json) -> str | None:
    if isinstance(value, str):
        return None if value == REDACTED else value
    return json.dumps(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

"""The fold of what values rest on: the provenance of fields, the calls behind events, the confidences of a path."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias

from pointsman.contracts.bounds import CALLS_BEHIND_EVENT
from pointsman.contracts.values import Json, JsonObject

from .facts import Fact
from .remembered import CallMade
from .session import OpenCall, Provenance, Session, Written

Origin: TypeAlias = Literal["given", "read", "inferred", "computed", "decided"]

_ORIGINS: Final[dict[Written, Origin]] = {"start": "given", "call": "read", "set": "computed", "decision": "decided"}
_TRACED: Final = 6
"""Facts of earlier versions say nothing of the calls that a value rests on, nor in which order confidences came."""


def origin(provenance: Provenance) -> Origin:
    """Say in a word how a value came: given from outside, read from a call's result, inferred by an agent or a model,
    computed by the workflow, or decided by a person.
    """
    if provenance.how == "event":
        return "inferred" if provenance.actor_kind in ("agent", "model") else "given"
    return _ORIGINS[provenance.how]


def as_of(provenance: Provenance) -> int:
    """Say how old a value is: when the oldest call that it rests on gave its result, else when it was written."""
    return min((call.at for call in provenance.calls), default=provenance.at)


def calls_made(session: Session, fact: Fact, tool: str, opened: OpenCall | None) -> tuple[CallMade, ...]:
    """Name the call that has given a result: of one whose result was looked up, the one that was made."""
    if fact.version < _TRACED:
        return ()
    if opened is not None and opened.stored is not None:
        return (CallMade(tool, opened.stored, session.effects[opened.key or ""].opened_at),)
    return (CallMade(tool, session.revision, fact.at),)


def behind_events(session: Session, calls: tuple[CallMade, ...]) -> Session:
    """Let the events of a stay rest on these calls of it, where an agent or a model acts."""
    stay = session.stay
    if stay.actor not in ("agent", "model"):
        return session
    return replace(session, stay=replace(stay, calls=(*stay.calls, *calls)[-CALLS_BEHIND_EVENT:]))


def confident(session: Session, fact: Fact, confidence: float) -> Session:
    """Note how sure the event was that leaves this state."""
    state, revisions = session.state, session.confidence_revisions
    if fact.version >= _TRACED:
        revisions = {**revisions, state: session.revision}
    confidences = {**session.confidences, state: confidence}
    return replace(session, confidences=confidences, confidence_revisions=revisions)


def without_confidences(session: Session) -> Session:
    """Begin the path anew."""
    return replace(session, confidences={}, confidence_revisions={})


def write(  # noqa: PLR0913 -- provenance has this many sides
    session: Session,
    fact: Fact,
    writes: JsonObject,
    how: Written,
    action: str,
    confidence: float | None = None,
    *,
    calls: tuple[CallMade, ...] = (),
    reasoned: bool = False,
) -> Session:
    """Write record fields with their provenance; a field and its provenance are never written apart."""
    if not writes:
        return session
    provenance = Provenance(
        revision=session.revision,
        at=fact.at,
        how=how,
        action=action,
        actor_kind=fact.actor_kind,
        actor_id=fact.actor_id,
        state=session.stay.state,
        confidence=confidence,
        calls=calls,
        reasoned=reasoned and fact.version >= _TRACED,
    )
    record: dict[str, Json] = {**session.record, **writes}
    return replace(session, record=record, provenance={**session.provenance, **dict.fromkeys(writes, provenance)})

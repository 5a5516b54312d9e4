"""The fold of readings: what is held of the first one, and what the second one gives."""

from __future__ import annotations

from dataclasses import replace

from .facts import Accepted, Fact, Settled
from .reading import Reading, Readings
from .session import AcceptedEvent, Session, Stay


def held(session: Session, fact: Fact, body: Accepted) -> Session:
    """The session that holds an event as one of two readings. Nothing of it is written yet.

    Where a tool reads next, the same event sent again is a repeated one. Where a model does, it finds nothing here that
    the first reading has called: it has to call for its own evidence.
    """
    stay = session.stay
    reading = Reading(
        by=fact.actor_id,
        kind="model" if fact.actor_kind == "model" else "agent",
        revision=session.revision,
        at=fact.at,
        values={name: body.arguments[name] for name in body.compared if name in body.arguments},
        event=fact.action,
        confidence=body.confidence,
        rationale=body.rationale,
    )
    if stay.readings is not None:
        return replace(session, stay=replace(stay, readings=replace(stay.readings, second=reading)))
    readings = Readings(
        fields=tuple(body.compared),
        first=reading,
        arguments=body.arguments,
        evidence=body.evidence,
        calls=tuple(body.calls),
        turns=stay.counts.turns,
    )
    if body.position is None:
        return replace(session, stay=replace(stay, readings=readings, evidence={}, uses={}))
    last = AcceptedEvent(fact.action or "", fact.actor_id, body.payload_digest, stay.number)
    return replace(session, stay=replace(stay, readings=readings, position=body.position), last_event=last)


def read_by_tool(stay: Stay, fact: Fact, body: Settled, revision: int) -> Stay:
    """The stay after a call that may have been the second reading."""
    if stay.readings is None or body.reading is None:
        return stay
    reading = Reading(by=body.tool or "", kind="tool", revision=revision, at=fact.at, values=body.reading)
    return replace(stay, readings=replace(stay.readings, second=reading))

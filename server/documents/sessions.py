"""Sessions: the list of them, and all there is to say of one."""

from __future__ import annotations

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import OpenApproval, OpenCall, OpenReview, Provenance, Session, Timer
from pointsman.fsm.tracing import as_of, origin

from ..store.reading import LIST_ROWS, SessionFilter, list_sessions
from ..store.searching import StateEntered, path
from . import effects
from .claims import claimed_by
from .exceptions import call_made
from .pages import Page
from .places import given, moment, place
from .proposals import edited


def page(connection: Connection, chosen: SessionFilter, limit: int = LIST_ROWS, cursor: str | None = None) -> Page:
    """List sessions, newest first.

    Raises:
        ValueError: for a cursor that is not one of ours.
    """
    found = list_sessions(connection, chosen, limit, cursor)
    return Page(tuple(one.as_json() for one in found.sessions), found.cursor)


def document(connection: Connection, session: Session) -> JsonObject:
    """Give all there is to say of a session, with the path it took."""
    return {**present(connection, session), "path": [step(row) for row in path(connection, session.id)]}


def present(connection: Connection, session: Session) -> JsonObject:
    """Give where a session is, what it holds and what it waits for: few rows are read, however many there are."""
    stay = session.stay
    timers = {**session.timers, **stay.timers}
    was = edited(connection, session)
    record: JsonObject = {
        name: {"value": value, "from": _provenance(session.provenance[name]), **given({"was": was.get(name)})}
        for name, value in session.record.items()
    }
    return {
        **place(session),
        "version": session.version,
        "definition": session.definition,
        "started_by": session.started_by,
        "started_at": iso(session.started_at),
        "client": session.client,
        "since": iso(stay.since),
        "record": record,
        "review": None if stay.review is None else _review(stay.review),
        "approvals": [_approval(session, approval) for approval in stay.approvals.values()],
        "effects": [effects.entry(session, effect) for effect in session.effects.values()],
        "open_calls": [_open_call(call) for call in stay.open.values()],
        "models": models(session),
        "timers": [_timer(name, timer) for name, timer in sorted(timers.items(), key=lambda item: item[1].at)],
    }


def models(session: Session) -> JsonObject:
    """Give what models have taken so far, and what one is asked now."""
    turn = session.stay.turn
    asked: JsonObject | None = None
    if turn is not None and session.ended is None:
        asked = {
            "model": turn.model,
            "turn": turn.number,
            "reading": turn.reading,
            "attempt": turn.attempt,
            "answered": turn.answered,
            "opened_at": iso(turn.opened_at),
        }
    counts = session.counts
    return {
        "turns": counts.turns,
        "tokens": counts.tokens,
        "cost_usd": counts.cost_usd,
        "unpriced": counts.unpriced,
        "asked": asked,
    }


def without_values(document: JsonObject) -> JsonObject:
    """Leave out of a session's document what its record, its calls and its votes hold: that is for people.

    An agent is told the fields that its state shows it (design, section 4).
    """
    kept = {name: value for name, value in document.items() if name not in ("record", "votes")}
    for name in ("approvals", "open_calls"):
        listed = kept[name]
        if isinstance(listed, list):
            kept[name] = [_without_arguments(one) for one in listed if isinstance(one, dict)]
    return kept


def step(entered: StateEntered) -> JsonObject:
    """Give one entered state of a path."""
    return {
        "revision": entered.revision,
        "at": entered.at,
        "state": entered.state,
        "because": entered.because,
    }


def _without_arguments(call: JsonObject) -> JsonObject:
    return {name: value for name, value in call.items() if name not in ("arguments", "rationale")}


def _provenance(one: Provenance) -> JsonObject:
    return given(
        {
            "origin": origin(one),
            "how": one.how,
            "action": one.action,
            "state": one.state,
            "actor_kind": one.actor_kind,
            "actor_id": one.actor_id,
            "confidence": one.confidence,
            "at": iso(one.at),
            "revision": one.revision,
            "calls": [call_made(call) for call in one.calls] or None,
            "as_of": iso(as_of(one)),
            "rationale": one.revision if one.reasoned else None,
        }
    )


def _open_call(call: OpenCall) -> JsonObject:
    return {
        "call": call.id,
        "tool": call.tool,
        "arguments": call.arguments,
        "effect": call.effect,
        "purpose": call.purpose,
        "instance": call.instance,
        "opened_at": iso(call.opened_at),
        "attempt": call.attempt,
    }


def _review(review: OpenReview) -> JsonObject:
    return {
        "role": review.role,
        "shown_digest": review.shown_digest,
        "claimed_by": claimed_by(review.holder),
    }


def _approval(session: Session, approval: OpenApproval) -> JsonObject:
    return given(
        {
            "approval": f"{session.id}.{approval.id}",
            "tool": approval.tool,
            "arguments": approval.arguments,
            "role": approval.role,
            "asked_by": approval.asked_by,
            "opened_at": iso(approval.opened_at),
            "due": moment(approval.expires_at),
            "claimed_by": claimed_by(approval.holder),
            "status": approval.status,
            "by": approval.by,
            "rationale": approval.rationale,
        }
    )


def _timer(name: str, timer: Timer) -> JsonObject:
    return {"timer": name, "kind": timer.kind, "at": iso(timer.at), "to": timer.to}

"""Where a session is, in words and as JSON, told from its snapshot. No workflow is needed for that."""

from __future__ import annotations

from collections.abc import Sequence
from time import time_ns
from typing import Final

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.allowed import waiting
from pointsman.fsm.session import OpenApproval, OpenCall, Provenance, Session, Timer, TurnOf
from pointsman.fsm.votes import tallies, votes_so_far

from ..audit.chain import AuditRow
from ..store.rows import row_as_json
from ..writes import entry
from .output import json_text, moment

_TURN: Final[dict[TurnOf, str]] = {
    "agent": "an agent acts",
    "model": "a model acts",
    "system": "the server works",
    "human": "a person decides",
    "external": "the outside answers",
    "final": "nobody",
}


def sentence(session: Session) -> str:
    """Say where a session is, and who must act."""
    if session.ended is not None:
        owner = f"; {session.ended.owner} takes over" if session.ended.owner else ""
        return f"Session {session.id} has ended in {session.state} ({session.ended.outcome}{owner})."
    return f"Session {session.id} is in {session.state}: {turn(session)}."


def turn(session: Session) -> str:
    """Say who must act, and until when."""
    who = waiting(session)
    if who is None:
        return _TURN["final"]
    role = f" (role {who.role})" if who.role is not None else ""
    due = f", until {moment(iso(who.due_at))}" if who.due_at is not None else ""
    return f"{_TURN[who.actor]}{role}{due}"


def place(session: Session) -> JsonObject:
    """Give where a session is, with the names that replies have (docs/replies.md)."""
    members: JsonObject = {
        "session": session.id,
        "workflow": session.workflow,
        "state": session.state,
        "revision": session.revision,
    }
    who = waiting(session)
    if session.ended is not None:
        ended = session.ended
        members["ended"] = _given({"outcome": ended.outcome, "at": iso(ended.at), "owner": ended.owner})
    elif who is not None:
        due = None if who.due_at is None else iso(who.due_at)
        members["waiting_for"] = _given({"actor": who.actor, "role": who.role, "due": due})
    if session.stay.votes:
        members["votes"] = votes_so_far(session.stay)
    return members


def age_s(since_ms: int) -> int:
    """Say how long ago a moment was, in whole seconds."""
    return (time_ns() // 1_000_000 - since_ms) // 1000


def votes_in_words(session: Session) -> list[str]:
    """Say what persons have said of a review that several decide, a line for each: `approve: 1 of 2 (maria)`."""
    return [
        f"{one.event}{f' with {json_text(one.arguments)}' if one.arguments else ''}: "
        f"{len(one.by)} of {one.of} ({', '.join(one.by)})"
        for one in tallies(session.stay)
    ]


def everything(session: Session, path: Sequence[AuditRow]) -> JsonObject:
    """Give all there is to say of a session; `path` are the rows in which it entered its states."""
    stay = session.stay
    timers = {**session.timers, **stay.timers}
    record: JsonObject = {
        name: {"value": value, "from": _provenance(session.provenance[name])} for name, value in session.record.items()
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
        "review": None if stay.review is None else {"role": stay.review.role, "shown_digest": stay.review.shown_digest},
        "approvals": [_approval(session, approval) for approval in stay.approvals.values()],
        "effects": [entry(session, effect) for effect in session.effects.values()],
        "open_calls": [_open_call(call) for call in stay.open.values()],
        "timers": [_timer(name, timer) for name, timer in sorted(timers.items(), key=lambda item: item[1].at)],
        "path": [step(row) for row in path],
    }


def step(row: AuditRow) -> JsonObject:
    """Give one entered state of a path."""
    body = row_as_json(row)["body"]
    because = body.get("because") if isinstance(body, dict) else None
    return {"revision": row.revision, "at": row.at, "state": row.state_after, "because": because}


def came_from(provenance: JsonObject) -> str:
    """Say in words where a field's value came from."""
    confidence = "" if provenance.get("confidence") is None else f", confidence {provenance['confidence']}"
    where = f" in {provenance['state']}" if provenance["state"] else ""
    action = f" {provenance['action']}" if provenance["action"] else ""
    return (
        f"{provenance['how']}{action}{where}, by {provenance['actor_id']} "
        f"({provenance['actor_kind']}{confidence}), row {provenance['revision']}"
    )


def _provenance(one: Provenance) -> JsonObject:
    return _given(
        {
            "how": one.how,
            "action": one.action,
            "state": one.state,
            "actor_kind": one.actor_kind,
            "actor_id": one.actor_id,
            "confidence": one.confidence,
            "at": iso(one.at),
            "revision": one.revision,
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


def _approval(session: Session, approval: OpenApproval) -> JsonObject:
    return _given(
        {
            "approval": f"{session.id}.{approval.id}",
            "tool": approval.tool,
            "arguments": approval.arguments,
            "role": approval.role,
            "asked_by": approval.asked_by,
            "opened_at": iso(approval.opened_at),
            "due": None if approval.expires_at is None else iso(approval.expires_at),
            "status": approval.status,
            "by": approval.by,
            "rationale": approval.rationale,
        }
    )


def _timer(name: str, timer: Timer) -> JsonObject:
    return {"timer": name, "kind": timer.kind, "at": iso(timer.at), "to": timer.to}


def _given(members: dict[str, Json]) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}

"""Where a session is, as JSON, told from its snapshot. No workflow is needed for that."""

from __future__ import annotations

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.allowed import waiting
from pointsman.fsm.session import Session
from pointsman.fsm.votes import votes_so_far


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
        members["ended"] = given({"outcome": ended.outcome, "at": iso(ended.at), "owner": ended.owner})
    elif who is not None:
        members["waiting_for"] = given({"actor": who.actor, "role": who.role, "due": moment(who.due_at)})
    if session.stay.votes:
        members["votes"] = votes_so_far(session.stay)
    return members


def moment(at_ms: int | None) -> str | None:
    """Write a moment that there may not be."""
    return None if at_ms is None else iso(at_ms)


def given(members: dict[str, Json]) -> JsonObject:
    """Leave out what is None."""
    return {name: value for name, value in members.items() if value is not None}

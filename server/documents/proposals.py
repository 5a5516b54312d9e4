"""What an agent or a model has proposed, and what people have made of it."""

from __future__ import annotations

from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Session

from ..audit.chain import AuditRow
from ..store.recalling import last_proposal, rows_of
from ..store.rows import body_of
from .places import given


def proposal(connection: Connection, session: Session) -> JsonObject | None:
    """Give the last event that an agent has sent since a person decided: what it proposes, how sure it is, and why."""
    row = last_proposal(connection, session.id, session.stay.revision)
    if row is None:
        return None
    body = body_of(row)
    arguments = body.get("arguments")
    return {
        "revision": row.revision,
        "at": row.at,
        "state": row.state_before,
        "event": row.action,
        "actor_kind": row.actor_kind,
        "actor_id": row.actor_id,
        "client": row.client,
        "rationale": body.get("rationale"),
        "confidence": body.get("confidence"),
        "path_confidence": body.get("path_confidence"),
        "alternatives": arguments.get("alternatives") if isinstance(arguments, dict) else None,
        "writes": body.get("writes"),
    }


def edited(connection: Connection, session: Session) -> dict[str, JsonObject]:
    """Give what had been there before a person edited it, of every field that a person edited last.

    It stands in two rows of a field: the person's, and the one that had written the value before.
    """
    decided = {name: one.revision for name, one in session.provenance.items() if one.how == "decision"}
    rows = rows_of(connection, session.id, {*decided.values()})
    edits = {name: edit for name, revision in decided.items() if (edit := _edit(rows.get(revision), name)) is not None}
    written = {revision for edit in edits.values() if isinstance(revision := edit.get("revision"), int)}
    before = rows_of(connection, session.id, written)
    return {name: _was(edit, before) for name, edit in edits.items()}


def _edit(row: AuditRow | None, field: str) -> JsonObject | None:
    """Give what a decision's row says of a field that was there before, and was edited."""
    edits = None if row is None else body_of(row).get("edits")
    edit = edits.get(field) if isinstance(edits, dict) else None
    return edit if isinstance(edit, dict) and edit.get("before") is not None else None


def _was(edit: JsonObject, rows: dict[int, AuditRow]) -> JsonObject:
    revision = edit.get("revision")
    row = rows.get(revision) if isinstance(revision, int) else None
    who: JsonObject = {} if row is None else {"by": row.actor_id, "actor_kind": row.actor_kind, "at": row.at}
    confidence = None if row is None else body_of(row).get("confidence")
    return {"value": edit["before"], **given({"revision": revision, **who, "confidence": confidence})}

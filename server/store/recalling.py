"""Single rows of a session's history that are told of beside what it holds now. For a connection.

However long the history is, few rows are looked at.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import JSON, Connection, and_, case, func, or_, select, type_coerce

from pointsman.fsm.model_turns import WISH_PREFIX

from ..audit.chain import AuditRow
from ..bounds import PROPOSAL_ROWS
from .tables import audit


def rows_of(connection: Connection, chain: str, revisions: Collection[int]) -> dict[int, AuditRow]:
    """Give these rows of a chain, by revision."""
    columns = audit.c
    statement = select(audit).where(columns.session_id == chain, columns.revision.in_(revisions))
    rows = map(AuditRow._make, connection.execute(statement))
    return {row.revision: row for row in rows}


def last_proposal(connection: Connection, session_id: str, until: int) -> AuditRow | None:
    """Give the row of the last event of an agent or a model that was accepted up to the revision `until`.

    None where a person has decided since, or where it lies further back than `bounds.PROPOSAL_ROWS` rows.
    """
    columns = audit.c
    proposed = and_(columns.kind == "accepted", columns.actor_kind.in_(("agent", "model")), columns.outcome == "done")
    decided = and_(columns.kind == "decided", columns.outcome == "done")
    statement = (
        select(audit)
        .where(columns.session_id == session_id, columns.revision.between(until - PROPOSAL_ROWS, until))
        .where(or_(proposed, decided))
        .order_by(columns.revision.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None or row.kind == "decided" else AuditRow._make(row)


def failed_step(connection: Connection, entered: AuditRow, how: str) -> AuditRow | None:
    """Give the row of the step by which the state before was left: that has `failed`, or whose outcome is `unknown`.

    None where it lies further back than `bounds.PROPOSAL_ROWS` rows.
    """
    columns = audit.c
    step = case((func.json_valid(columns.body) == 1, type_coerce(columns.body, JSON)["step"].as_string()))
    statement = (
        select(audit)
        .where(columns.session_id == entered.session_id, columns.kind == "settled", step == how)
        .where(columns.revision.between(entered.revision - PROPOSAL_ROWS, entered.revision))
        .where(columns.state_before == entered.state_before)
        .order_by(columns.revision.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else AuditRow._make(row)


def rows_of_models(connection: Connection, session_id: str, after: int, limit: int) -> list[AuditRow]:
    """Give the rows after a revision by which a conversation with a model is read back, oldest first: all but the
    refusals of others.
    """
    columns = audit.c
    theirs = or_(columns.kind != "denied", columns.command_id.startswith(WISH_PREFIX, autoescape=True))
    statement = (
        select(audit)
        .where(columns.session_id == session_id, columns.revision > after, theirs)
        .order_by(columns.revision)
        .limit(limit)
    )
    return [AuditRow._make(row) for row in connection.execute(statement)]

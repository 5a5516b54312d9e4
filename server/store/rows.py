"""Facts as audit rows and back, and the columns of a session's snapshot."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple, cast

from pydantic_core import from_json

from pointsman.contracts.times import iso, milliseconds
from pointsman.contracts.values import JsonObject, as_object, canonical
from pointsman.fsm.facts import FACT_VERSION, Fact, FactKind, body_value, read_body
from pointsman.fsm.session import FORMAT, ActorKind, Ending, Session
from pointsman.fsm.snapshots import snapshot

from ..audit.chain import AuditRow, body_digest, hash_of

SALT: Final = "salt"
"""Member of a stored body that no fact has. It is random, and goes when the body is erased."""


_moment: Final = lru_cache(maxsize=16)(iso)  # the facts of a command share one


class SessionRow(NamedTuple):
    """A row of the table `sessions`, its columns in the table's order."""

    id: str
    workflow: str
    version: int
    definition: str
    state: str
    actor: str
    role: str | None
    started_by: str
    started_at: int
    revision: int
    head: str
    format: int
    snapshot: str
    next_timer_at: int | None
    has_open: bool
    ended_at: int | None
    failed: bool


def audit_row(fact: Fact, chain: str, revision: int, prev: str, salt: str) -> AuditRow:
    """Make the row of a fact.

    Raises:
        UnicodeEncodeError: for text that is not Unicode (a lone surrogate).
        ValueError: for a number that JSON has no text for.
    """
    body = canonical({**body_value(fact), SALT: salt})
    hashed = {  # in canonical order, which is the alphabet's
        "action": fact.action,
        "actor_id": fact.actor_id,
        "actor_kind": fact.actor_kind,
        "at": _moment(fact.at),
        "body_digest": body_digest(body),
        "channel": fact.channel,
        "client": fact.client,
        "code": fact.code,
        "command_id": fact.command,
        "definition": fact.definition,
        "duration_ms": fact.duration_ms,
        "fact_version": fact.version,
        "kind": fact.kind,
        "outcome": fact.outcome,
        "prev": prev,
        "revision": revision,
        "session_id": chain,
        "state_after": fact.state_after,
        "state_before": fact.state_before,
        "trace_id": None,
    }
    return AuditRow._make(map({**hashed, "body": body, "hash": hash_of(hashed)}.__getitem__, AuditRow._fields))


def read_fact(row: AuditRow) -> Fact:
    """Read the fact of a row back.

    Raises:
        LookupError: when the body has been erased, or its kind is unknown.
        ValueError: when the row is not one that `audit_row` has made; the message says why.
    """
    if row.body is None:
        raise LookupError("the body has been erased")
    if row.fact_version > FACT_VERSION:
        raise ValueError(f"fact version {row.fact_version} is newer than this program knows")
    value = cast("JsonObject", from_json(row.body, allow_inf_nan=False))
    value.pop(SALT, None)
    kind = cast("FactKind", row.kind)
    return Fact(
        kind=kind,
        command=row.command_id,
        at=milliseconds(row.at),
        actor_kind=cast("ActorKind", row.actor_kind),
        actor_id=row.actor_id,
        client=row.client,
        channel=row.channel,
        definition=row.definition,
        body=read_body(kind, value),
        action=row.action,
        outcome=row.outcome,
        code=row.code,
        state_before=row.state_before,
        state_after=row.state_after,
        duration_ms=row.duration_ms,
        version=row.fact_version,
    )


def row_as_json(row: AuditRow) -> JsonObject:
    """Write a row for people and programs outside, under its column names, with its body as JSON and without the salt.

    A body that is no JSON object any more is given as the text it is; `audit verify` says what is wrong with it.
    """
    values: JsonObject = {**row._asdict()}
    try:
        body = from_json(row.body) if row.body is not None else None
    except ValueError:
        return values
    if isinstance(body, dict):
        values["body"] = {name: value for name, value in cast("JsonObject", body).items() if name != SALT}
    return values


def body_of(row: AuditRow) -> JsonObject:
    """Give a row's body; an empty one where it is no JSON object, or was erased."""
    return as_object(row_as_json(row)["body"])


def session_row(session: Session, head: str) -> SessionRow:
    """Make the row of a session whose last audit row has the hash `head`."""
    review = session.stay.review
    return SessionRow(
        id=session.id,
        workflow=session.workflow,
        version=session.version,
        definition=session.definition,
        state=session.state,
        actor=session.stay.actor,
        role=review.role if review is not None and session.ended is None else None,
        started_by=session.started_by,
        started_at=session.started_at,
        revision=session.revision,
        head=head,
        format=FORMAT,
        snapshot=snapshot(session),
        next_timer_at=session.next_timer_at,
        has_open=has_open(session),
        ended_at=session.ended.at if session.ended is not None else None,
        failed=has_failed(session),
    )


def has_open(session: Session) -> bool:
    """Whether a server process has to see to something of it: a call runs, or a model is asked."""
    return session.ended is None and (bool(session.stay.open) or session.stay.turn is not None)


def listed_by(session: Session) -> tuple[str | int | None, ...]:
    """Give what lists choose a session by that changes: it is in an index, and most commands leave it as it is."""
    review, ended = session.stay.review, session.ended
    where = (session.state, session.stay.actor, None if review is None else review.role)
    return (*where, None if ended is None else ended.at, has_failed(session))


def has_failed(session: Session) -> bool:
    """Whether a session has not gone as it should: it ended so, or nobody knows what came of a write of it."""
    if session.ended is not None and session.ended.outcome in _FAILED:
        return True
    return any(effect.status == "unknown" for effect in session.effects.values())


_FAILED: Final = frozenset[Ending](("failed", "manual"))

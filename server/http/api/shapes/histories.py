"""Histories, and what proves them."""

from __future__ import annotations

from pydantic import BaseModel, Field, JsonValue

from pointsman.fsm.facts import FactKind
from pointsman.fsm.session import ActorKind

from .parts import At, Listed, Object
from .sessions import Step


class Row(BaseModel):
    """An audit row. People alone are given its body; null where that was erased."""

    session_id: str
    revision: int
    command_id: str
    at: At
    actor_kind: ActorKind
    actor_id: str
    client: str | None
    channel: str
    kind: FactKind
    action: str | None
    outcome: str | None
    code: str | None
    state_before: str | None
    state_after: str | None
    definition: str
    duration_ms: int | None
    trace_id: str | None
    fact_version: int
    body: JsonValue = None
    body_digest: str
    prev: str
    hash: str


class Rows(Listed[Row]):
    """Audit rows."""

    looked_back_to: At | None = Field(
        None, description="How far back this search has come; it goes on with the cursor, also where it found nothing."
    )


class FirstBadRow(BaseModel):
    """The first row of a history that is not what it must be."""

    revision: int
    problem: str


class HistoryVerified(BaseModel):
    """What was found of one history."""

    session_id: str
    ok: bool
    rows: int
    erased: int
    replayed: bool
    first_bad_row: FirstBadRow | None


class Verification(BaseModel):
    """What was found of all of them; `items` tells of those first that do not verify."""

    ok: bool
    histories: int
    rows: int
    faults: int
    unproven: int = Field(description="Sessions that could not be replayed, because bodies were erased.")
    items: list[HistoryVerified]


class Replay(BaseModel):
    """A session made again from its rows."""

    session: str
    revision: int | None = None
    state: str | None = None
    path: list[Step] | None = None
    record: Object | None = None
    equal: bool | None = Field(None, description="Whether the snapshot is the same; null of a part of the rows.")
    differing: list[str] | None = None
    problem: str | None = Field(None, description="Why it could not be made.")

"""Sessions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from pointsman.fsm.session import ActorKind, ApprovalStatus, Because, TurnOf
from pointsman.fsm.tracing import Origin as Origins

from .parts import At, CallMade, EffectEntry, Listed, Object, Place, Was


class SessionEntry(BaseModel):
    """A session in a list."""

    session: str
    workflow: str
    version: int
    definition: str
    state: str
    actor: TurnOf
    role: str | None = None
    started_by: str
    started_at: At
    revision: int
    next_timer_at: At | None = None
    ended_at: At | None = None


class Sessions(Listed[SessionEntry]):
    """Sessions, newest first."""


class Origin(BaseModel):
    """Where a field's value came from."""

    origin: Origins = Field(
        description="Read from the result of a call, inferred by an agent or a model, computed by the workflow,"
        " decided by a person, or given from outside."
    )
    how: str
    action: str | None = None
    state: str | None = None
    actor_kind: ActorKind
    actor_id: str
    confidence: float | None = None
    at: At
    revision: int
    calls: list[CallMade] | None = Field(
        None, description="The call whose result it is, or those that the event rested on."
    )
    as_of: At = Field(description="When the oldest of these calls gave its result; without any, when it was written.")
    rationale: int | None = Field(None, description="The row that says why.")


class RecordField(BaseModel):
    """A field of the record."""

    value: JsonValue
    from_: Origin = Field(alias="from")
    was: Was | None = None


class ReviewOf(BaseModel):
    """The open review of a session."""

    role: str
    shown_digest: str
    claimed_by: str | None


class Approval(BaseModel):
    """A call that was put before a person."""

    approval: str
    tool: str
    arguments: Object | None = None
    role: str
    asked_by: str
    opened_at: At
    due: At | None = None
    claimed_by: str | None = None
    status: ApprovalStatus
    by: str | None = None
    rationale: str | None = None


class OpenCall(BaseModel):
    """A call that runs."""

    call: str
    tool: str
    arguments: JsonValue = None
    effect: str
    purpose: str
    instance: str
    opened_at: At
    attempt: int


class Timer(BaseModel):
    """A timer of a session."""

    timer: str
    kind: str
    at: At
    to: str | None


class AskedModel(BaseModel):
    """What a model is asked now. `attempt` counts the server processes that have had it."""

    model: str
    turn: int
    reading: int
    attempt: int
    answered: bool
    opened_at: At


class Models(BaseModel):
    """What models have taken in this session, since it started or was restarted: tokens are all, read and written."""

    turns: int
    tokens: int
    cost_usd: float
    unpriced: int = Field(description="Answers of unknown price, of which `cost_usd` has nothing.")
    asked: AskedModel | None


class Step(BaseModel):
    """A state that a session has entered."""

    revision: int
    at: At
    state: str
    because: Because | None


class Session(Place):
    """A session. People alone are given `record` and `votes`, and the arguments of calls."""

    version: int
    definition: str
    started_by: str
    started_at: At
    client: str | None
    since: At
    record: dict[str, RecordField] | None = None
    review: ReviewOf | None
    approvals: list[Approval]
    effects: list[EffectEntry]
    open_calls: list[OpenCall]
    models: Models
    timers: list[Timer]
    path: list[Step]


class Diagram(BaseModel):
    """A session's workflow, drawn, with the state that it is in."""

    session: str
    format: Literal["mermaid"]
    diagram: str

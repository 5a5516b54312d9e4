"""What endpoints answer with, as the OpenAPI document describes it. A test holds the documents to these shapes."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, JsonValue, WithJsonSchema

from pointsman.fsm.facts import FactKind
from pointsman.fsm.refusals import Code
from pointsman.fsm.session import ActorKind, ApprovalStatus, Because, Ending, TurnOf

T = TypeVar("T")
At = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment: RFC 3339 in UTC, to the millisecond."""
Object = dict[str, JsonValue]
WriteStatus = Literal["intended", "done", "failed", "unknown"]


class Listed(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    cursor: str | None = Field(description="Gives the page that follows; null where there is none.")


class Unmet(BaseModel):
    """A demand that is not met."""

    path: str = Field(description="Dotted, with indices in brackets; empty for the whole.")
    problem: str
    schema_: JsonValue = Field(None, alias="schema", description="What is demanded there, where that helps.")


class Refused(BaseModel):
    """Why nothing was done, and how to mend it."""

    code: Code
    message: str
    unmet: list[Unmet] = []


class Refusal(BaseModel):
    """The body of every answer that is not 200."""

    refusal: Refused


class WaitingFor(BaseModel):
    """Who must act."""

    actor: TurnOf
    role: str | None = None
    due: At | None = None


class Ended(BaseModel):
    """How a session has ended."""

    outcome: Ending
    at: At
    owner: str | None = None


class Votes(BaseModel):
    """Persons who have said the same of a review that several decide."""

    event: str
    with_: Object = Field(alias="with")
    by: list[str]
    count: int
    of: int


class Place(BaseModel):
    """Where a session is."""

    session: str
    workflow: str
    state: str
    revision: int
    waiting_for: WaitingFor | None = None
    ended: Ended | None = None
    votes: list[Votes] | None = None


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

    how: str
    action: str | None = None
    state: str | None = None
    actor_kind: ActorKind
    actor_id: str
    confidence: float | None = None
    at: At
    revision: int


class RecordField(BaseModel):
    """A field of the record."""

    value: JsonValue
    from_: Origin = Field(alias="from")


class ReviewOf(BaseModel):
    """The open review of a session."""

    role: str
    shown_digest: str


class Approval(BaseModel):
    """A call that was put before a person."""

    approval: str
    tool: str
    arguments: Object | None = None
    role: str
    asked_by: str
    opened_at: At
    due: At | None = None
    status: ApprovalStatus
    by: str | None = None
    rationale: str | None = None


class EffectEntry(BaseModel):
    """A write in a list."""

    id: str
    session: str
    workflow: str
    state: str
    tool: str
    status: WriteStatus
    opened_at: At


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
    timers: list[Timer]
    path: list[Step]


class Diagram(BaseModel):
    """A session's workflow, drawn, with the state that it is in."""

    session: str
    format: Literal["mermaid"]
    diagram: str


class ReviewEntry(BaseModel):
    """A review, or a call of a tool, that waits for a person."""

    id: str = Field(description="SESSION for a review, SESSION.NUMBER for a call.")
    kind: Literal["review", "call"]
    session: str
    workflow: str
    state: str
    role: str | None
    opened_at: At
    age_s: int
    due: At | None
    shown_digest: str | None
    tool: str | None = None
    arguments: Object | None = None
    asked_by: str | None = None


class Reviews(Listed[ReviewEntry]):
    """What waits for a person, the oldest first."""


class Choice(BaseModel):
    """A decision that can be made."""

    event: str
    input_schema: Object
    description: str | None = None
    leads_to: list[str] | None = None
    approvals: int | None = None


class Review(ReviewEntry):
    """What waits, as the person sees it who decides. `shown_digest` and `stay` bind the decision to it."""

    version: int
    revision: int
    stay: int
    started_by: str
    goal: str | None
    accept: list[str]
    exclude: list[str]
    decisions: list[Choice]
    votes: list[Votes] | None = None
    shown: Object | None = None
    edit: list[str] | None = None
    rationale: Literal["required", "optional"] | None = None
    client: str | None = None
    effect: str | None = None


class Effects(Listed[EffectEntry]):
    """Writes, the oldest first."""


class Happening(BaseModel):
    """What a row tells of a write, in words."""

    at: At
    revision: int
    lines: list[str]


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


class Effect(Place):
    """A write, and what is known of it."""

    id: str
    tool: str
    arguments: JsonValue
    key: str | None
    status: WriteStatus
    result: JsonValue
    story: list[Happening]
    rows: list[Row]


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


class WorkflowEntry(BaseModel):
    """A workflow in a list."""

    workflow: str
    version: int
    definition: str
    title: str | None
    description: str | None


class Workflows(Listed[WorkflowEntry]):
    """Workflows that are served."""


class AccessOf(BaseModel):
    """Who may do what: `anyone`, `starter`, or names of roles."""

    start: list[str]
    drive: list[str]
    view: list[str]


class StartOf(BaseModel):
    """What a start takes."""

    input_schema: Object


class StateOf(BaseModel):
    """A state of a workflow."""

    state: str
    actor: TurnOf
    goal: str | None
    role: str | None
    tools: list[str]
    events: list[str]
    leads_to: list[str]
    final: str | None


class Workflow(WorkflowEntry):
    """A workflow."""

    goal: str | None
    owner: str | None
    roles: list[str]
    access: AccessOf
    start: StartOf
    initial: str
    states: list[StateOf]


class Principal(BaseModel):
    """Who asks. A token that is bound to a `session` opens nothing else."""

    kind: Literal["agent", "human", "system"]
    id: str
    roles: list[str]
    owner: str | None
    session: str | None
    expires_at: At | None


class Done(Place):
    """What came of a command, and where its session is now. Of a call that was approved `outcome` is the call's."""

    outcome: str


class Settled(Place):
    """A write that was settled, and where its session is."""

    id: str
    status: Literal["done", "failed"]


class Document(BaseModel):
    """This document."""

    openapi: str

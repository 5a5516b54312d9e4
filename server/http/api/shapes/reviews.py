"""What waits for people."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from pointsman.contracts.workflow import LimitKind
from pointsman.fsm.session import ActorKind, Because

from .parts import At, CallMade, Listed, Object, Votes, Was


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
    claimed_by: str | None = Field(description="Who alone decides it, until they release it or it is over.")
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


class Claim(BaseModel):
    """Who has claimed it, since when, and who has delegated it to them, and why."""

    by: str
    at: At
    given_by: str | None = None
    reason: str | None = None


class Proposal(BaseModel):
    """The last event of an agent since a person decided, with how sure it was, and why. `revision` is its row."""

    revision: int
    at: At
    state: str
    event: str
    actor_kind: ActorKind
    actor_id: str
    client: str | None
    rationale: str | None
    confidence: float | None
    path_confidence: float | None
    alternatives: list[JsonValue] | None
    writes: Object | None


class MissedFloor(BaseModel):
    """A confidence floor that was not reached."""

    floor: Literal["step", "path"]
    demanded: float
    actual: float


class PathStep(BaseModel):
    """A state that was passed, and how sure the event was that left it. `revision` is its row, if it is known."""

    state: str
    confidence: float
    revision: int | None


class InputField(BaseModel):
    """A field as it was before the event, and the row that had written it."""

    value: JsonValue
    revision: int


class Evidence(CallMade):
    """A call that the event rested on. `arguments` are null where they were erased, or are large: its row has them."""

    arguments: Object | None


class ExceptionPackage(BaseModel):
    """Why a confidence floor brought a person in, and what they judge it by. `revision` is the row of the event."""

    revision: int
    at: At
    state: str
    event: str
    instead_of: str = Field(description="The state that the event would have led to.")
    missed: list[MissedFloor]
    confidence: float
    path_confidence: float
    path: list[PathStep] = Field(description="The states passed, the oldest first, this one included.")
    rationale: str | None
    input: dict[str, InputField] = Field(
        description="What the session was started with, and what the state showed, before the event."
    )
    evidence: list[Evidence]
    alternatives: list[JsonValue]
    left_out: list[str] = Field(description="What was too large: fields, `alternatives[N]`, `path` for its beginning.")


class Reading(BaseModel):
    """What one reader gave. `values` are the fields that are compared; a field that it did not give is not there."""

    by: str = Field(description="The principal, the model or the tool.")
    kind: Literal["agent", "model", "tool"]
    revision: int = Field(description="The row that has all it gave.")
    at: At
    event: str | None
    confidence: float | None
    rationale: str | None
    alternatives: list[JsonValue] = Field(description="What else it saw, as its row has it.")
    values: Object


class Readings(BaseModel):
    """Two readings that know nothing of each other, and differ."""

    fields: list[str]
    differ: list[str] = Field(description="The fields in which they differ.")
    events_differ: bool
    first: Reading = Field(description="What it gave is in the record.")
    second: Reading


class SpentLimit(BaseModel):
    """A limit, and the count that has reached it: US dollars for `cost`, milliseconds for `duration`, else a number."""

    kind: LimitKind
    amount: float
    count: float | None
    of: Literal["state", "session"]


class FailedStep(BaseModel):
    """The step that has failed, or whose outcome nobody knows."""

    tool: str | None
    revision: int


class Reason(BaseModel):
    """Why the session is in its state. `revision` is the row that says so, `state` the one that was left."""

    revision: int
    because: Because
    state: str | None
    words: str | None = Field(description="What follows `because`; null where an event, or the workflow, led on.")
    limit: SpentLimit | None
    step: FailedStep | None
    error: str | None


class Review(ReviewEntry):
    """What waits, as the person sees it who decides. `shown_digest` and `stay` bind the decision to it."""

    claim: Claim | None
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
    edited: dict[str, Was] | None = Field(
        None, description="Of what is shown, what stood there before a person edited it."
    )
    reason: Reason | None = Field(None, description="Why a person is asked. People alone are given it.")
    proposal: Proposal | None = None
    exception: ExceptionPackage | None = Field(
        None, description="Where a confidence floor sent the session here. People alone are given it."
    )
    readings: Readings | None = Field(
        None, description="Where two readings that differ sent the session here. People alone are given them."
    )
    edit: list[str] | None = None
    rationale: Literal["required", "optional"] | None = None
    client: str | None = None
    effect: str | None = None

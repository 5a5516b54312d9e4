"""What waits for people."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from pointsman.fsm.session import ActorKind

from .parts import At, Listed, Object, Votes, Was


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


class Reading(BaseModel):
    """What one reader gave. `values` are the fields that are compared; a field that it did not give is not there."""

    by: str = Field(description="The principal, the model or the tool.")
    kind: Literal["agent", "model", "tool"]
    revision: int = Field(description="The row that has all it gave.")
    at: At
    event: str | None
    confidence: float | None
    rationale: str | None
    values: Object


class Readings(BaseModel):
    """Two readings that know nothing of each other, and differ."""

    fields: list[str]
    differ: list[str] = Field(description="The fields in which they differ.")
    events_differ: bool
    first: Reading = Field(description="What it gave is in the record.")
    second: Reading


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
    proposal: Proposal | None = None
    readings: Readings | None = Field(None, description="Where two readings that differ sent the session here.")
    edit: list[str] | None = None
    rationale: Literal["required", "optional"] | None = None
    client: str | None = None
    effect: str | None = None

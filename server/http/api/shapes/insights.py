"""What people made of the work of agents and models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from ....insights.shifts import Measure
from .parts import At, Listed, Object


class Given(BaseModel):
    """What whoever proposed had been given."""

    start: Object = Field(description="The fields that the session was started with.")
    shown: Object | None = Field(description="What the state showed of the record; null where its text is not known.")
    relied_on: list[int] = Field(description="The rows of the calls that the event rests on.")
    calls: list[Object] = Field(description="The last calls of the stay, with results as far as there is room.")


class Said(BaseModel):
    """What was proposed."""

    event: str
    payload: Object
    confidence: float | None
    path_confidence: float | None
    rationale: str | None
    alternatives: JsonValue


class Called(BaseModel):
    """A call of a tool that waited for a person, with all its arguments as they are kept."""

    tool: str
    arguments: Object


class Corrected(BaseModel):
    """The event as the reviewer would have it."""

    event: str
    payload: Object


class Correction(BaseModel):
    """An example: what an agent or a model proposed or wanted to call, and what a reviewer made of it."""

    session: str
    workflow: str
    version: int
    definition: str
    state: str
    actor_kind: Literal["agent", "model"]
    actor_id: str
    client: str | None
    model: str | None
    prompt_digest: str | None
    revision: int = Field(description="The row of the proposal, or of the call that waited.")
    at: At
    input: Given
    output: Said | Called
    label: Literal["accepted", "changed", "rejected", "call_approved", "call_rejected"]
    corrected: Corrected | Called | None = Field(description="Null where it was rejected.")
    edits: list[str] = Field(description="The fields that reviewers changed.")
    escalated: bool = Field(description="Whether a floor of confidence had sent it to a person.")
    decision: str
    decided_in: str
    decision_revision: int
    decided_at: At
    reviewer: str
    role: str
    reviewer_rationale: str | None


class Corrections(Listed[Correction]):
    """Examples, in the order of the sessions' handles. A page may have none although others follow."""


class Span(BaseModel):
    """A span of time; its end is not included."""

    since: At
    until: At


class Shift(BaseModel):
    """How a measure has changed. Null where there is nothing to measure."""

    measure: Measure
    now: float | None
    of_now: int
    before: float | None
    of_before: int
    size: float | None = Field(description="What the threshold is held against.")
    chance: float | None = Field(description="How likely one so large is by chance.")
    enough: bool = Field(description="Whether it rests on enough to be judged.")
    alert: bool


class Counted(BaseModel):
    """A group: what was counted of it in the window and in the reference, and what has changed."""

    workflow: str
    version: int | None
    state: str
    model: str | None
    client: str | None
    now: Object
    before: Object
    shifts: list[Shift]


class ReadTwice(BaseModel):
    """Two readings in a state: how often they agreed, where they differed, and whom people followed then."""

    workflow: str
    version: int | None
    state: str
    now: Object
    before: Object
    shifts: list[Shift]


class Alert(BaseModel):
    """Something that has changed more than it may."""

    workflow: str
    version: int | None
    state: str
    model: str | None
    client: str | None
    measure: Measure
    message: str


class Stats(BaseModel):
    """Statistics, group by group."""

    window: Span
    reference: Span
    thresholds: Object
    items: list[Counted]
    readings: list[ReadTwice]
    alerts: list[Alert]

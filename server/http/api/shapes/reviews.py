"""What waits for people."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .parts import At, Listed, Object, Votes


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

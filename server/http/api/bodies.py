"""What the bodies of endpoints must be."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from pointsman.contracts.bounds import PRINCIPAL_CHARACTERS, RATIONALE_CHARACTERS

from ...bounds import QUERY_CHARACTERS

Name = Annotated[str, StringConstraints(min_length=1, max_length=QUERY_CHARACTERS)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=RATIONALE_CHARACTERS)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Cancelling(_Body):
    """Why a session is ended."""

    reason: Reason = Field(description="Why; it stays in the history.")


class Restarting(_Body):
    """From where a session goes on, and why."""

    state: Name = Field(description="The state that it goes on from.")
    reason: Reason = Field(description="Why; it stays in the history.")


class Deciding(_Body):
    """A decision, bound to what the person has seen."""

    event: Name = Field(description="One of the decisions that the review names.")
    arguments: dict[str, JsonValue] = Field(default_factory=dict, description="By the decision's input schema.")
    rationale: Annotated[str, StringConstraints(max_length=RATIONALE_CHARACTERS)] | None = Field(
        None, description="Why; it stays in the history. The same as the argument of this name."
    )
    shown_digest: Name = Field(description="The `shown_digest` of the review as it was read.")
    stay: int = Field(ge=0, description="The `stay` of the review as it was read.")

    @model_validator(mode="after")
    def _says_why_once(self) -> Self:
        if self.rationale is not None and self.arguments.get("rationale", self.rationale) != self.rationale:
            raise ValueError("the rationale is given twice, and differently")
        return self


class Claiming(_Body):
    """Whether a claim may be another person's before."""

    take_over: bool = Field(default=False, description="Of another person who has claimed it.")


class Releasing(_Body):
    """Nothing more is to be said of it."""


class Delegating(_Body):
    """Who decides it instead, and why."""

    to: Annotated[str, StringConstraints(min_length=1, max_length=PRINCIPAL_CHARACTERS)] = Field(
        description="The other person, as the audit names them."
    )
    reason: Reason = Field(description="Why; it stays in the history.")


class Settling(_Body):
    """How a write has ended that nobody knows the outcome of."""

    outcome: Literal["done", "failed"] = Field(description="`failed`: it has not happened, and may be made again.")
    reason: Reason = Field(description="How you know; it stays in the history.")
    result: JsonValue = Field(None, description="What it gave, for steps that save it; of one that was done alone.")

    @model_validator(mode="after")
    def _gave_nothing(self) -> Self:
        if self.outcome == "failed" and self.result is not None:
            raise ValueError("a result goes with `done`: what has not happened gave nothing")
        return self

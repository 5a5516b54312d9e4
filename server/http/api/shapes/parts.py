"""What several answers have in common."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, JsonValue, WithJsonSchema

from pointsman.fsm.refusals import Code
from pointsman.fsm.session import ActorKind, Ending, TurnOf

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


class CallMade(BaseModel):
    """A call that something rests on. `revision` is the row with its result, `at` when it gave that."""

    tool: str
    revision: int
    at: At


class Was(BaseModel):
    """What stood in a field before a person edited it, who had written that, and in which row (`revision`)."""

    value: JsonValue
    revision: int | None = None
    by: str | None = None
    actor_kind: ActorKind | None = None
    at: At | None = None
    confidence: float | None = None


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


class Done(Place):
    """What came of a command, and where its session is now. Of a call that was approved `outcome` is the call's."""

    outcome: str


class Principal(BaseModel):
    """Who asks. A token that is bound to a `session` opens nothing else."""

    kind: Literal["agent", "human", "system"]
    id: str
    roles: list[str]
    owner: str | None
    session: str | None
    expires_at: At | None


class EffectEntry(BaseModel):
    """A write in a list."""

    id: str
    session: str
    workflow: str
    state: str
    tool: str
    status: WriteStatus
    opened_at: At

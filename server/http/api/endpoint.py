"""An endpoint as it is declared: what it takes, who is admitted, what it gives, and what it does in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from pointsman.contracts.values import JsonObject

from ...documents.pages import Page
from ...replies import Caller, Stray
from ..callers import Visitor
from ..doors import TOKENS, Credential

P = TypeVar("P", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)

ROOT = "/api"
PEOPLE: Final[frozenset[Credential]] = frozenset({"human"})
"""What holds the values of sessions is read by people."""
Answer: TypeAlias = JsonObject | Page | Stray


class Nothing(BaseModel):
    """No parameters, or no body."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Asked(Generic[P, B]):
    """A request that has been read: who asks, what the path names (empty where it names nothing), and the rest."""

    visitor: Visitor
    caller: Caller
    name: str
    parameters: P
    body: B


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[P, B]):
    """An endpoint.

    Args:
        method: Of HTTP.
        path: Below `/api`; at most one part of it is a name in braces.
        name: What it is called in the OpenAPI document and in the audit.
        does: What it does, in a sentence or two.
        answer: Answers it.
        gives: The shape of the answer.
        parameters: What may stand in the query.
        body: What its body must be.
        admits: The credentials that it takes.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    does: str
    answer: Callable[[Asked[P, B]], Awaitable[Answer]]
    gives: type[BaseModel]
    parameters: type[P]
    body: type[B]
    admits: frozenset[Credential] = TOKENS

    @property
    def has_body(self) -> bool:
        """Whether a body is read."""
        return self.body is not Nothing


AnyEndpoint: TypeAlias = Endpoint[Any, Any]
"""One of several, that take different things."""

"""The exception package: what a reviewer sees of the step that a confidence floor sent to them.

It is made when the event is accepted, of what the agent or the model had before it, and frozen with the review.
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.values import Json

from .floors import MissedFloor
from .remembered import CallMade


@dataclass(frozen=True, slots=True)
class InputField:
    """A field as it was before the event, and the revision of the fact that had written it."""

    value: Json
    revision: int


@dataclass(frozen=True, slots=True)
class PathStep:
    """The last accepted confidence in a state of the path. Of one accepted before version 6 no `revision` is known."""

    state: str
    confidence: float
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ExceptionPackage:
    """Why a step needs a person, and all that they judge it by.

    `revision` is that of the event's fact, `instead_of` the state that it would have led to. `input` are the fields
    that the session was started with and those of the state's `show`, in the workflow's order. `calls` are those that
    the event rests on, `path` the states passed, the oldest first, this one included.
    `left_out` names what was too large: fields of the input, `alternatives[N]`, and `path` for its beginning.
    """

    revision: int
    at: int
    state: str
    event: str
    instead_of: str
    missed: list[MissedFloor]
    confidence: float
    path_confidence: float
    path: list[PathStep]
    rationale: str | None
    input: dict[str, InputField]
    calls: list[CallMade]
    alternatives: list[Json]
    left_out: list[str]

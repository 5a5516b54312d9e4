"""Refusals: the codes, in the order in which the first that applies is given, and their value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import JsonObject

Code: TypeAlias = Literal[
    "MALFORMED",
    "TOO_LARGE",
    "NOT_FOUND",
    "FORBIDDEN",
    "SESSION_ENDED",
    "NOT_YOUR_TURN",
    "STALE",
    "NOT_ALLOWED",
    "LIMIT_REACHED",
    "MISSING_FIELDS",
    "INVALID_FIELDS",
    "MISSING_EVIDENCE",
    "GUARD_FAILED",
    "NEEDS_APPROVAL",
    "IN_PROGRESS",
    "KEY_REUSED",
    "TOOL_CHANGED",
    "OUTCOME_UNKNOWN",
    "BUSY",
    "STORAGE_FULL",
]
CODES: Final[tuple[Code, ...]] = get_args(Code)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command changed nothing, and how to mend it.

    `detail` is for the audit alone: what an expression that could not be judged had to say.
    """

    code: Code
    message: str
    unmet: tuple[Unmet, ...] = ()
    detail: str | None = None


def unmet_values(unmet: tuple[Unmet, ...]) -> list[JsonObject]:
    """Give unmet demands as replies and audit rows show them."""
    return [
        {"path": one.path, "problem": one.problem, **({} if one.schema is None else {"schema": one.schema})}
        for one in unmet
    ]

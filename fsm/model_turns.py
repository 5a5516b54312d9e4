"""What the server asks a model, and what comes of it: the open entry, the result, and the body of its fact.

A turn is one question and its answer. What the answer wants is done by commands of its own, through the same gate as
what any agent wants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pointsman.contracts.values import Json, JsonObject

CUTTING_OFF: Final = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons of an answer that ends in the middle (Messages API)."""
MALFORMED_CALL: Final = "malformed_call"
"""The stop reason, our own, of an answer in which the arguments of a call are no JSON object; it is kept so too."""
WISH_PREFIX: Final = "turn:"
"""What the names of commands begin with that do what an answer wants."""


def wish_name(stay: int, turn: int, index: int) -> str:
    """Name the command that does what an answer wants, the first wish having the index 0."""
    return f"{WISH_PREFIX}{stay}.{turn}.{index}"


def is_wish(command: str) -> bool:
    """Whether a command does what an answer of a model wants. No surface makes such a name."""
    return command.startswith(WISH_PREFIX)


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A question that is committed, and goes to a model. `instance` names the server process that asks it.

    `number` counts the questions of the stay from 1. An `answered` one stays until the next is asked: what its answer
    wants is being done, and `wishes` says how many of these wishes are decided. `attempt` counts the processes that
    have had it. `reading` is the conversation it belongs to.
    """

    number: int
    model: str
    instance: str
    opened_at: int
    attempt: int = 1
    answered: bool = False
    reading: int = 1
    wishes: int = 0

    @property
    def name(self) -> str:
        """What it is taken over by, among the calls of the stay."""
        return f"turn:{self.number}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model has read and written. `input` is without what came from its cache or went into it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_written: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.input + self.output + self.cache_read + self.cache_written


@dataclass(frozen=True, slots=True)
class Turned:
    """A model has answered, or could not be asked. What the answer wants is done afterwards, call by call.

    `model` was asked and `answered_by` has answered. `prompt_digest` is that of the instructions the model had, all of
    them; `prompt_version` the version of the workflow they belong to; `schema_digest` that of the tools and events it
    was offered. `content` are the blocks of the answer as they are kept. `cost_usd` is None where no price is known.
    `request` is the name of the answer at the API. `rationale` and `confidence` are those of the event in the answer;
    without an event, `rationale` is what the model has said. `invalid` says why the answer cannot be used at all.
    """

    turn: int
    stay: int
    model: str
    prompt_digest: str
    prompt_version: int
    schema_digest: str
    reading: int = 1
    answered_by: str | None = None
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    stop_reason: str | None = None
    attempts: int = 1
    request: str | None = None
    content: list[Json] = field(default_factory=list[Json])
    rationale: str | None = None
    confidence: float | None = None
    invalid: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended, as it came from the model: with an answer, or with the `error` that says why there is none.

    The fields are those of `Turned`; `content` is in clear.
    """

    model: str
    prompt_digest: str
    schema_digest: str
    answered_by: str | None = None
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    stop_reason: str | None = None
    attempts: int = 1
    duration_ms: int = 0
    request: str | None = None
    content: tuple[JsonObject, ...] = ()
    error: str | None = None

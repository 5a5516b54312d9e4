"""The port to models: a question, its answer, and whoever can be asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import Tokens


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool or an event that a model may call, by its name on the wire, with the whole schema of its arguments."""

    name: str
    description: str
    input_schema: JsonObject


@dataclass(frozen=True, slots=True)
class Question:
    """One request, whole.

    `system` are texts that stay the same as long as the state does; the last of them ends what is cached. `messages`
    are as the API takes them. `timeout_ms` bounds one attempt.
    """

    model: str
    system: tuple[str, ...]
    tools: tuple[Offered, ...]
    messages: tuple[JsonObject, ...]
    max_tokens: int
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model has answered: the blocks as they came, and what it took.

    `tokens` are of all attempts, as far as the API has counted them: what was answered in vain has been paid for too.
    Of a call whose arguments are no JSON object `content` has a block `MALFORMED_CALL` with its `id` and `name`. The
    `stop_reason` is `MALFORMED_CALL` too, unless it says already that the answer ends in the middle.
    """

    content: tuple[JsonObject, ...]
    stop_reason: str | None
    model: str
    tokens: Tokens
    attempts: int = 1
    duration_ms: int = 0
    request: str | None = None


class NotAskable(PointsmanError):
    """No model can be asked from here. Give a key, an address or a price, as docs/models.md says."""


class NoAnswer(PointsmanError):
    """The model has not answered. The message says why, and what would mend it.

    `tokens` are those of all attempts, as far as the API has counted them. `ours` is the message without what the API
    says, which may quote the question. `lasting` says that no question is answered until somebody has mended it.
    """

    def __init__(
        self,
        message: str,
        *,
        ours: str | None = None,
        lasting: bool = False,
        attempts: int = 1,
        duration_ms: int = 0,
        tokens: Tokens | None = None,
    ) -> None:
        super().__init__(message)
        self.ours = ours or message
        self.lasting = lasting
        self.attempts = attempts
        self.duration_ms = duration_ms
        self.tokens = tokens or Tokens()


class Models(Protocol):
    """Whoever asks models."""

    async def ask(
        self,
        question: Question,
        wanted: Callable[[], Awaitable[bool]] | None = None,
        again: Callable[[str, int], None] | None = None,
    ) -> Answer:
        """Ask, and wait for the whole answer.

        Before each further attempt `again` is told why the last one has failed and how many milliseconds this one
        waits, and then `wanted` says whether the answer still is.

        Raises:
            NoAnswer: there is none after all attempts, it is not wanted any more, or trying again cannot help.
        """
        ...


class Prices(Protocol):
    """What models cost."""

    def cost_usd(self, model: str, tokens: Tokens) -> float | None:
        """Give the cost of an answer in US dollars; None where no price is known for the model."""
        ...

    def names(self) -> tuple[str, ...]:
        """Name the models whose prices are known."""
        ...

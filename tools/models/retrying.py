"""When a question is asked again, and how long that waits: the one place that decides it.

The SDK's own retries are off: they know nothing of what breaks in the middle of an answer, and count no attempt.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pointsman.contracts.bounds import MODEL_ATTEMPTS, MODEL_RETRY_MS, RETRY_WAIT_MS
from pointsman.fsm.model_turns import Tokens

from ..clocks import MonotonicClock, Sleep
from .port import NoAnswer

_Given = TypeVar("_Given")
_AGAIN: Final = frozenset((408, 409, 429))
"""Those of github.com/anthropics/anthropic-sdk-python (`_should_retry`), which asks again after all from 500, too."""
_FIRST_FAULT_OF_SERVER: Final = 500
_MOVED_ON: Final = "The session has moved on."


class Failed(Exception):
    """One attempt has brought no answer.

    `again` says whether another may bring one, `wait_ms` how long the API asks to be left alone before it; None where
    it asks nothing. `said` is what the API says of it, `lasting` whether no question is answered until somebody has
    mended it. `tokens` are what it took all the same.
    """

    def __init__(
        self, message: str, *, again: bool, said: str = "", lasting: bool = False, wait_ms: int | None = None
    ) -> None:
        super().__init__(f"{message} The API says: {_ended(said)}" if said else message)
        self.ours = message
        self.lasting = lasting
        self.again = again
        self.wait_ms = wait_ms
        self.tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Tried:
    """How many attempts there were, how long they took with their waits, and what those took that failed."""

    attempts: int
    duration_ms: int
    tokens: Tokens


class Retrying:
    """Attempts, and the waits between them. `chance` gives numbers from 0 to 1, by which waits are spread."""

    def __init__(
        self,
        sleep: Sleep = asyncio.sleep,
        clock: MonotonicClock = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._chance = chance

    async def until_answered(
        self,
        attempt: Callable[[], Awaitable[_Given]],
        wanted: Callable[[], Awaitable[bool]] | None = None,
        again: Callable[[str, int], None] | None = None,
    ) -> tuple[_Given, Tried]:
        """Make attempts until one brings an answer. Before each but the first `again` is told, and `wanted` asked.

        Raises:
            NoAnswer: the last attempt has failed, its answer is not wanted any more, or trying again cannot help.
        """
        began_s = self._clock()
        number = 1
        tokens = Tokens()
        while True:
            try:
                given = await attempt()
            except Failed as failed:
                tokens = added(tokens, failed.tokens)
                if not failed.again or number == MODEL_ATTEMPTS:
                    tried = Tried(number, self._since_ms(began_s), tokens)
                    raise _given_up(failed, tried) from None  # what is behind it may hold the request, and so the key
                wait_ms = self._wait_ms(failed, number)
                if again is not None:
                    again(str(failed), round(wait_ms))
                await self._sleep(wait_ms / 1000)
                if wanted is not None and not await wanted():
                    raise NoAnswer(
                        _MOVED_ON, attempts=number, duration_ms=self._since_ms(began_s), tokens=tokens
                    ) from None
                number += 1
            else:
                return given, Tried(number, self._since_ms(began_s), tokens)

    def _wait_ms(self, failed: Failed, number: int) -> float:
        if failed.wait_ms is not None:
            return min(failed.wait_ms, RETRY_WAIT_MS)
        longest_ms = min(MODEL_RETRY_MS << (number - 1), RETRY_WAIT_MS)
        return longest_ms * (1 + self._chance()) / 2  # spread, so that not all who were refused come back at once

    def _since_ms(self, began_s: float) -> int:
        return round((self._clock() - began_s) * 1000)


def may_help(status: int) -> bool:
    """Whether asking again may help after this HTTP status: too many questions, and faults of the server."""
    return status in _AGAIN or status >= _FIRST_FAULT_OF_SERVER


def added(one: Tokens, other: Tokens) -> Tokens:
    """Add up what two attempts took."""
    return Tokens(
        input=one.input + other.input,
        output=one.output + other.output,
        cache_read=one.cache_read + other.cache_read,
        cache_written=one.cache_written + other.cache_written,
    )


def _given_up(failed: Failed, tried: Tried) -> NoAnswer:
    return NoAnswer(
        _told(str(failed), tried.attempts),
        ours=_told(failed.ours, tried.attempts),
        lasting=failed.lasting,
        attempts=tried.attempts,
        duration_ms=tried.duration_ms,
        tokens=tried.tokens,
    )


def _told(message: str, attempts: int) -> str:
    return message if attempts == 1 else f"{message} It was asked {attempts} times."


def _ended(text: str) -> str:
    """Give a text as one after which another sentence may follow."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."

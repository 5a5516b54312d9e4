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

from ..clocks import MonotonicClock, Sleep
from .port import NoAnswer

_Given = TypeVar("_Given")
_AGAIN: Final = frozenset((408, 409, 429))
_FIRST_FAULT_OF_SERVER: Final = 500


class Failed(Exception):
    """One attempt has brought no answer.

    `again` says whether another may bring one, `wait_ms` how long the API asks to be left alone before it; None where
    it asks nothing.
    """

    def __init__(self, message: str, *, again: bool, wait_ms: int | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.wait_ms = wait_ms


@dataclass(frozen=True, slots=True)
class Tried:
    """How many attempts there were, and how long they took with their waits."""

    attempts: int
    duration_ms: int


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

    async def until_answered(self, attempt: Callable[[], Awaitable[_Given]]) -> tuple[_Given, Tried]:
        """Make attempts until one brings an answer.

        Raises:
            NoAnswer: the last attempt has failed, or trying again cannot help.
        """
        began_s = self._clock()
        number = 1
        while True:
            try:
                given = await attempt()
            except Failed as failed:
                if not failed.again or number == MODEL_ATTEMPTS:
                    raise NoAnswer(
                        _told(str(failed), number), attempts=number, duration_ms=self._since_ms(began_s)
                    ) from None  # what is behind it may hold the request, and with it the key
                await self._sleep(self._wait_ms(failed, number) / 1000)
                number += 1
            else:
                return given, Tried(number, self._since_ms(began_s))

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


def _told(message: str, attempts: int) -> str:
    return message if attempts == 1 else f"{message} It was asked {attempts} times."

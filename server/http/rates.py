"""How often somebody may ask: so much a second, and more at once after a pause. Beyond it nothing is done.

What is refused is counted, and told of once a minute for each of them, so that a flood is audited and cannot fill
the audit. The bounds hold for each server process by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..bounds import (
    HTTP_FAILURES_AT_ONCE,
    HTTP_FAILURES_PER_SECOND,
    HTTP_KNOWN_ASKERS,
    HTTP_REQUESTS_AT_ONCE,
    HTTP_REQUESTS_PER_SECOND,
)

Who = TypeVar("Who", bound=Hashable)
Told: TypeAlias = tuple[Actor | None, Refusal, JsonObject]
"""Of whom something is written down (None: of somebody unknown), what was refused, and more about it."""
TOLD_S: Final = 60.0
"""How long what is refused is counted before it is told of."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often: `per_second` in the long run, and `at_once` after a pause."""

    per_second: int
    at_once: int


OF_REQUESTS: Final = Rate(HTTP_REQUESTS_PER_SECOND, HTTP_REQUESTS_AT_ONCE)
_OF_FAILURES: Final = Rate(HTTP_FAILURES_PER_SECOND, HTTP_FAILURES_AT_ONCE)


@dataclass(slots=True)
class Refused(Generic[Who]):
    """How often somebody was refused, and since when, in seconds of the clock of the rates."""

    who: Who
    since_s: float
    times: int = 0


class Rates(Generic[Who]):
    """One rate, and everybody who is held to it.

    Args:
        rate: How often each may ask.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, rate: Rate, monotonic: Callable[[], float]) -> None:
        self.rate = rate
        self._monotonic = monotonic
        self._asked: dict[Who, tuple[float, float]] = {}
        """How much of what they may ask at once each had spent, and when; those who asked last stand last."""
        self._refused: dict[Who, Refused[Who]] = {}

    def admits(self, who: Who) -> bool:
        """Whether somebody may ask now; it is counted for them, or that they were refused."""
        now = self._monotonic()
        spent = self._spent(who, now)
        admitted = spent + 1 <= self.rate.at_once
        if admitted:
            spent += 1
        elif who in self._refused or len(self._refused) < HTTP_KNOWN_ASKERS:
            self._refused.setdefault(who, Refused(who, now)).times += 1
        self._asked.pop(who, None)
        while len(self._asked) >= HTTP_KNOWN_ASKERS:
            del self._asked[next(iter(self._asked))]
        self._asked[who] = (spent, now)
        return admitted

    def wait_s(self, who: Who) -> float:
        """Give in how many seconds somebody may ask again."""
        over = self._spent(who, self._monotonic()) + 1 - self.rate.at_once
        return max(0.0, over / self.rate.per_second)

    def _spent(self, who: Who, now: float) -> float:
        spent, at = self._asked.get(who, (0.0, now))
        return max(0.0, spent - (now - at) * self.rate.per_second)

    def told(self, *, at_least_s: float = TOLD_S) -> list[Refused[Who]]:
        """Give those who were first refused so long ago; they are counted anew."""
        since_s = self._monotonic() - at_least_s
        over = [refused for refused in self._refused.values() if refused.since_s <= since_s]
        for refused in over:
            del self._refused[refused.who]
        return over


class Limits:
    """What the doors hold everybody to: each principal in what they ask, and each address in tokens that open nothing.

    Args:
        of_requests: How often a principal may ask; None where they may as often as they can.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, of_requests: Rate | None, monotonic: Callable[[], float]) -> None:
        self.requests: Rates[Actor] | None = None if of_requests is None else Rates(of_requests, monotonic)
        self.failures: Rates[str] = Rates(_OF_FAILURES, monotonic)

    def told(self, *, at_least_s: float = TOLD_S) -> Iterator[Told]:
        """Give what is to be written down of those who were first refused so long ago."""
        for asker in self.requests.told(at_least_s=at_least_s) if self.requests is not None else []:
            said = f"{asker.times} requests of {asker.who.id} were refused within a minute: they came too often."
            yield asker.who, Refusal("LIMIT_REACHED", said), {"requests": asker.times}
        for peer in self.failures.told(at_least_s=at_least_s):
            said = f"{peer.times} more tokens that open nothing were refused within a minute: they came too often."
            yield None, Refusal("LIMIT_REACHED", said), {"requests": peer.times, "address": peer.who}

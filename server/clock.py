"""The clock, injected wherever time is read, so that tests and the script runner can own it.

A server's clock goes with elapsed time, so that nothing is due early, and nothing late, because somebody sets the
machine's clock. Small steps of it are followed, as those by which it is kept right.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .bounds import CLOCK_READ_MS, CLOCK_READINGS, CLOCK_STEP_MS


class Clock(Protocol):
    """Tells the time of day."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


def machine_ms() -> int:
    """Give the machine's clock, which anybody may set: milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Give milliseconds since the machine was started, those in which it slept included, where that can be known.

    Every process of a machine is told the same.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
    if clock is None:
        clock = getattr(time, "CLOCK_MONOTONIC", None)  # macOS, where it goes on in sleep
    return time.monotonic_ns() // 1_000_000 if clock is None else time.clock_gettime_ns(clock) // 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the machine's clock that is not followed: how far, forward or back, and where both clocks then were."""

    by_ms: int
    machine_ms: int
    clock_ms: int


class SteadyClock:
    """Begins with the machine's clock, or another's, and goes with elapsed time. Of one thread.

    Steps of the machine's clock up to `bounds.CLOCK_STEP_MS` are followed, greater ones are kept for whoever asks.

    Args:
        machine: Gives the machine's clock, in milliseconds since the epoch.
        elapsed: Gives milliseconds of a clock that nobody sets.
    """

    def __init__(self, machine: Callable[[], int] = machine_ms, elapsed: Callable[[], int] = elapsed_ms) -> None:
        self._machine = machine
        self._elapsed = elapsed
        at_ms, machine_now_ms = self._read()
        self._machine_ahead_ms = self._ahead_ms = machine_now_ms - at_ms
        self._steps: list[Step] = []

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        at_ms, machine_now_ms = self._read()
        ahead_ms = machine_now_ms - at_ms
        by_ms, self._machine_ahead_ms = ahead_ms - self._machine_ahead_ms, ahead_ms
        if abs(by_ms) <= CLOCK_STEP_MS:
            self._ahead_ms += by_ms
        else:
            self._steps.append(Step(by_ms, machine_now_ms, at_ms + self._ahead_ms))
        return at_ms + self._ahead_ms

    @property
    def ahead_ms(self) -> int:
        """How far this clock is ahead of elapsed time."""
        return self._ahead_ms

    def adopt(self, ahead_ms: int) -> Step | None:
        """Go as a clock that is so far ahead of elapsed time, unless this one may pass for it; say how far it was off.

        It is then as if the machine's clock had been set since by that much.
        """
        by_ms = self._ahead_ms - ahead_ms
        if abs(by_ms) <= CLOCK_STEP_MS:
            return None
        self._ahead_ms = ahead_ms
        at_ms, machine_now_ms = self._read()
        return Step(by_ms, machine_now_ms, at_ms + ahead_ms)

    def take_steps(self) -> list[Step]:
        """Give the steps that were not followed since this was asked last."""
        taken, self._steps = self._steps, []
        return taken

    def _read(self) -> tuple[int, int]:
        """Read both clocks at the same moment: a process that is stopped between them has seen no step."""
        at_ms, machine_now_ms = self._elapsed(), self._machine()
        for _ in range(CLOCK_READINGS):
            before_ms = self._elapsed()
            machine_now_ms = self._machine()
            if (at_ms := self._elapsed()) - before_ms <= CLOCK_READ_MS:
                break
        return at_ms, machine_now_ms


class ShiftedClock:
    """The machine's clock, moved forward by whoever owns it."""

    def __init__(self) -> None:
        self._shift_ms = 0

    def advance(self, by_ms: int) -> None:
        """Move on by this many milliseconds."""
        self._shift_ms += by_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch, moved on."""
        return machine_ms() + self._shift_ms

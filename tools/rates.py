"""How often a tool may be called: `rate`, as a window that slides over the last calls.

The windows belong to one server process and count the calls of all its sessions; other processes on
the same database count their own. Calls begin in the order in which they asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from pointsman.contracts.workflow import Rate, ToolPolicy

from .clocks import MonotonicClock, Sleep

_Key: TypeAlias = tuple[str, Rate]


@dataclass(slots=True)
class _Turn:
    """When a call begins: promised first, then what it came to be."""

    at_s: float


class Rates:
    """The windows of one workflow's tools.

    Two texts of a workflow share a window as long as they say the same rate of a tool.
    """

    def __init__(self, sleep: Sleep = asyncio.sleep, clock: MonotonicClock = time.monotonic) -> None:
        self._sleep = sleep
        self._clock = clock
        self._turns: dict[_Key, deque[_Turn]] = {}

    async def turn(self, policy: ToolPolicy) -> bool:
        """Wait until one more call of this tool may begin, at most the tool's timeout.

        False at once where that would not be enough: then the call must not be made, and no turn is used up.
        """
        rate = policy.rate
        if rate is None:
            return True
        turns = self._turns.setdefault((policy.name, rate), deque(maxlen=rate.calls))
        now_s = self._clock()
        before = turns[0] if len(turns) == rate.calls else None
        at_s = now_s if before is None else max(now_s, before.at_s + rate.per_ms / 1000)
        if at_s - now_s > policy.timeout_ms / 1000:
            return False
        mine = _Turn(at_s)
        turns.append(mine)
        while (wait_s := _wait_s(before, rate, self._clock())) > 0:
            await self._sleep(wait_s)
        mine.at_s = self._clock()
        return True


def _wait_s(before: _Turn | None, rate: Rate, now_s: float) -> float:
    """How long until the call that is `rate.calls` places before this one has left the window."""
    return 0.0 if before is None else before.at_s + rate.per_ms / 1000 - now_s

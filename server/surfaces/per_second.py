"""Counts what a tool says to a client, so that a flood of it is dropped."""

from __future__ import annotations

import asyncio


class PerSecond:
    """Admits at most `most` in each second of the event loop's clock."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second, self._count = 0, 0

    def admit(self) -> bool:
        """Count one more, and say whether it is within the bound."""
        second = int(asyncio.get_running_loop().time())
        self._second, self._count = second, (self._count if second == self._second else 0) + 1
        return self._count <= self._most

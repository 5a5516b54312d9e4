"""Which other server processes are dead, told without trusting anybody's clock on the wall.

A neighbour shows that it lives by counting its beat. It is dead when this process has seen the same
beat for `bounds.LEASE_MS` on its own monotonic clock, or when its row is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from pointsman.contracts.bounds import LEASE_MS


class Neighbours:
    """What this process has seen of the others.

    Args:
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, tuple[int, float]] = {}

    def dead(self, asked: Collection[str], beats: Mapping[str, int]) -> set[str]:
        """Judge processes by their beats as they are now; one without a beat is dead."""
        now = self._monotonic()
        for name in asked:
            known = self._seen.get(name)
            if name in beats and (known is None or known[0] != beats[name]):
                self._seen[name] = (beats[name], now)
        self._seen = {name: seen for name, seen in self._seen.items() if name in beats}
        return {name for name in asked if name not in beats or (now - self._seen[name][1]) * 1000 >= LEASE_MS}

"""A machine whose clocks the tests own: one that anybody sets, and one that only goes."""

from __future__ import annotations

from typing import Final

from pointsman.server.clock import SteadyClock

T0: Final = 1_800_000_000_000
DAY_MS: Final = 86_400_000


class Machine:
    """Both clocks. `stops_ms` are times for which whoever reads the machine's clock is stopped right after."""

    def __init__(self) -> None:
        self.elapsed_ms = 5_000_000
        self.machine_ms = T0
        self.stops_ms: list[int] = []

    def clock(self) -> SteadyClock:
        """Make the clock of a process that starts now."""
        return SteadyClock(self._read, lambda: self.elapsed_ms)

    def pass_time(self, by_ms: int) -> None:
        self.elapsed_ms += by_ms
        self.machine_ms += by_ms

    def step(self, by_ms: int) -> None:
        """Set the machine's clock."""
        self.machine_ms += by_ms

    def _read(self) -> int:
        read_ms = self.machine_ms
        if self.stops_ms:
            self.pass_time(self.stops_ms.pop())
        return read_ms

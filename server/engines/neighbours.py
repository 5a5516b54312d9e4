"""Which other server processes are dead, told without trusting anybody's clock on the wall.

A neighbour shows that it lives by counting its beat. It is dead when this process has seen the same
beat for `bounds.LEASE_MS` on its own monotonic clock, or when its row is gone. Time in which this
process did not look counts for little: a neighbour shows life only while something runs, and a
process that was stopped itself has seen nobody's beat.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from ..bounds import LEASE_MS, LEASE_RENEWAL_MS

_LONGEST_LOOK_S: Final = 2 * LEASE_RENEWAL_MS / 1000
"""What the time between two looks counts at most. A neighbour that lives beats within it."""


class Neighbours:
    """What this process has seen of the others.

    Args:
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._looked_at = monotonic()
        self._seen: dict[str, tuple[int, float]] = {}

    def dead(self, asked: Collection[str], beats: Mapping[str, int]) -> set[str]:
        """Judge processes by their beats as they are now; one without a beat is dead."""
        now = self._monotonic()
        passed_s = min(now - self._looked_at, _LONGEST_LOOK_S)
        self._looked_at = now
        seen: dict[str, tuple[int, float]] = {}
        for name in asked:
            if name in beats:
                beat, silent_s = self._seen.get(name, (None, 0.0))
                seen[name] = (beats[name], silent_s + passed_s if beat == beats[name] else 0.0)
        self._seen = seen
        return {name for name in asked if name not in seen or seen[name][1] * 1000 >= LEASE_MS}


def is_there(pid: int) -> bool:
    """Whether a process of this machine is there still, which a new one with the number of one that ended seems, too.

    On Windows, where asking may end it, nobody asks, and it is taken for one that has ended.
    """
    if sys.platform == "win32" or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _has_ended(pid)


def life_of(pid: int) -> str | None:
    """Name the life of a process of this machine as no other has it, whoever gets its number when it has ended.

    None where there is no such process, or the system does not say: Linux does.
    """
    stated = _stated(pid)
    try:
        started_with = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return f"{started_with} {stated[19]}" if len(stated) > 19 else None  # `starttime`: proc_pid_stat(5)


def _has_ended(pid: int) -> bool:
    """Whether a process has ended that its parent has not asked about yet: Linux says so, others do not."""
    return _stated(pid)[:1] == ["Z"]


def _stated(pid: int) -> list[str]:
    """Give what Linux says of a process from its state on; nothing of one that is not there."""
    try:
        stated = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return stated.rpartition(")")[2].split()

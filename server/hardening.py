"""Closes this process to other programs of its own user, from when it holds a key that is nobody else's.

Linux shows a program the environment and the memory of every process of its user, and lets it trace them, as long as
these are "dumpable" (proc(5), ptrace(2)). Of a process that is not, neither is open but to root, and no core dump is
written. What such a process starts is dumpable again, because `execve` makes it so. Other systems are left as they are.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""prctl(2); `linux/prctl.h`."""


def close_to_other_programs() -> bool:
    """Have the system close this process to other programs of its user; give whether it has."""
    if sys.platform != "linux":
        return False
    import ctypes  # costs a start some milliseconds, and few have a key

    try:
        refused = int(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)) != 0
        problem = os.strerror(ctypes.get_errno())
    except (OSError, AttributeError) as error:  # a C library without it
        refused, problem = True, str(error)
    if refused:
        import structlog  # costs more than all the rest

        told = "other programs of this user can read this process's memory, and the key in it"
        structlog.get_logger(__name__).error(told, problem=problem)
    return not refused

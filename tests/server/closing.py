"""Whether this process is closed to other programs of its user, and what opens it again after a test."""

from __future__ import annotations

import ctypes
import errno
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import structlog

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4


def is_closed() -> bool:
    """Say whether the system has closed this process."""
    return int(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0


@contextmanager
def opened_again() -> Generator[None]:
    """Leave this process as open as a test found it, and its logs where they went."""
    prctl, root = ctypes.CDLL(None).prctl, logging.getLogger()
    handlers, level = list(root.handlers), root.level
    prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def without(error: Exception) -> Callable[..., object]:
    """Give what stands for `ctypes.CDLL` where the C library cannot close a process."""

    def library(*_: object, **__: object) -> object:
        raise error

    return library


def refusing(*_: object, **__: object) -> object:
    """Stand for `ctypes.CDLL` where the system refuses, as it may to a process in a sandbox."""
    return _Refusing()


class _Refusing:
    def prctl(self, *_: int) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

"""Keeps the protocol's pipes to ourselves.

While serving, descriptor 0 leads to the null device and descriptor 1 to standard error, so that a
tool, a library or a child process that prints or reads cannot touch the protocol.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress


@contextmanager
def claimed() -> Generator[tuple[int, int]]:
    """Give private descriptors of standard input and output, and put both back at the end.

    They are never closed, because a thread may still be blocked on one.
    """
    with suppress(AttributeError, OSError, ValueError):
        sys.stdout.flush()
    incoming, outgoing = _above_standard(0), _above_standard(1)
    _point(0, os.open(os.devnull, os.O_RDONLY))
    _point(1, _standard_error())
    try:
        yield incoming, outgoing
    finally:
        with suppress(AttributeError, OSError, ValueError):
            sys.stdout.flush()
        os.dup2(incoming, 0)
        os.dup2(outgoing, 1)


def _above_standard(descriptor: int) -> int:
    """Duplicate onto a number above 2, which `os.dup` would not promise where one of them is closed."""
    duplicates = [os.dup(descriptor)]
    while duplicates[-1] <= 2:
        duplicates.append(os.dup(descriptor))
    for unused in duplicates[:-1]:
        os.close(unused)
    return duplicates[-1]


def _point(descriptor: int, target: int) -> None:
    os.dup2(target, descriptor)
    if target != descriptor:
        os.close(target)


def _standard_error() -> int:
    try:
        return os.dup(2)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)

"""An interpreter that has imported all of Pointsman, and becomes `pointsman` in a fork whenever it is asked to.

A program of the tests: see `warm`. It is told the arguments, the environment and the directory over a socket, and gets
the three standard files with them; it answers with the number of the process, and at last with how that has ended. A
process whose asker has gone is killed. It ends when its own standard input does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

_MESSAGE_BYTES: Final = 1024 * 1024
_PACKAGES: Final = ("contracts", "fsm", "tools", "server", "gallery")
_LATE: Final = ("alembic.command", "anthropic", "mcp", "mcp.client.stdio", "uvicorn", "logging.config")
"""What is imported only when it is needed, and by many."""


class Asked(NamedTuple):
    """What is to be run, and its standard input, output and error."""

    arguments: list[str]
    environment: dict[str, str]
    directory: str
    files: list[int]


def import_all() -> None:
    """Import every module there is, so that no fork has to."""
    for package in _PACKAGES:
        found = importlib.import_module(f"pointsman.{package}")
        for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


class Forks:
    """Forks for everyone who asks, until the standard input ends."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._askers: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._ended, self._ends = socket.socketpair()

    def asked(self) -> Asked | None:
        """Give what was asked for, in a fork for that; in this process None, when it is to end."""
        self._ends.setblocking(False)
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._ends.fileno())
        for each in (self._listening, self._ended, sys.stdin):
            self._selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    for process in self._askers:
                        _kill(process)
                    return None
                if key.fileobj is self._listening:
                    asked = self._fork(self._listening.accept()[0])
                    if asked is not None:
                        return asked
                elif key.fileobj is self._ended:
                    self._ended.recv(4096)
                    self._tell_ends()
                else:  # the asker says nothing more: it has gone
                    self._selector.unregister(key.fileobj)
                    _kill(key.data)

    def _fork(self, asker: socket.socket) -> Asked | None:
        asked = _received(asker)
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for each in (self._ended, self._ends, asker, *self._askers.values()):
                each.close()
            return asked
        for file in asked.files:
            os.close(file)
        self._askers[process] = asker
        self._selector.register(asker, selectors.EVENT_READ, process)
        asker.sendall(f"{process}\n".encode())
        return None

    def _tell_ends(self) -> None:
        while self._askers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            asker = self._askers.pop(process)
            with contextlib.suppress(KeyError):  # it has gone before
                self._selector.unregister(asker)
            with contextlib.suppress(OSError):
                asker.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            asker.close()


def become(asked: Asked) -> None:
    """Make this fork the process that was asked for."""
    os.setsid()
    for number, file in enumerate(asked.files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 -- as the interpreter leaves it open
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False, buffering=1 if os.isatty(1) else -1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(asked.environment)
    time.tzset()
    os.chdir(asked.directory)
    sys.argv = asked.arguments
    sys.path[0] = str(Path(sys.argv[0]).parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _received(asker: socket.socket) -> Asked:
    raw, files, _, _ = socket.recv_fds(asker, _MESSAGE_BYTES, 3)
    while not raw.endswith(b"\n"):
        raw += asker.recv(_MESSAGE_BYTES)
    arguments, environment, directory = json.loads(raw)
    return Asked(arguments, environment, directory, files)


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    """Let the signal wake whoever waits."""


def _kill(process: int) -> None:
    """End a fork, and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as listening:
        import_all()
        soon = Path(f"{sys.argv[1]}.soon")
        listening.bind(str(soon))
        listening.listen(64)
        soon.rename(sys.argv[1])
        asked = Forks(listening).asked()
    if asked is not None:
        become(asked)
        from pointsman.server.command_line import main

        main()

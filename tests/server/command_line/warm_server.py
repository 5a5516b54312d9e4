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
                    asker = self._listening.accept()[0]
                    asked = _received(asker)
                    if asked is None:
                        asker.close()
                    elif self._is_fork(asker, asked):
                        return asked
                elif key.fileobj is self._ended:
                    self._ended.recv(4096)
                    self._tell_ends()
                else:  # the asker says nothing more: it has gone
                    self._selector.unregister(key.fileobj)
                    _kill(key.data)

    def _is_fork(self, asker: socket.socket, asked: Asked) -> bool:
        """Fork; give whether this is the fork."""
        process = os.fork()
        if process == 0:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for each in (self._ended, self._ends, asker, *self._askers.values()):
                each.close()
            return True
        for file in asked.files:
            os.close(file)
        self._askers[process] = asker
        self._selector.register(asker, selectors.EVENT_READ, process)
        _tell(asker, process)
        return False

    def _tell_ends(self) -> None:
        while self._askers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            asker = self._askers.pop(process)
            with contextlib.suppress(KeyError):  # it has gone before
                self._selector.unregister(asker)
            _tell(asker, os.waitstatus_to_exitcode(status))
            asker.close()


def become(asked: Asked) -> None:
    """Make this fork the process that was asked for."""
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


def _received(asker: socket.socket) -> Asked | None:
    """Give what is asked for; None of one that has gone before it had asked."""
    raw, files, _, _ = socket.recv_fds(asker, _MESSAGE_BYTES, 3)
    while not raw.endswith(b"\n"):
        part = asker.recv(_MESSAGE_BYTES)
        if not part:
            for file in files:
                os.close(file)
            return None
        raw += part
    arguments, environment, directory = json.loads(raw)
    return Asked(arguments, environment, directory, files)


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    """Let the signal wake whoever waits."""


def _tell(asker: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # it has gone; that it has, is seen when it is looked at next
        asker.sendall(f"{number}\n".encode())


def _kill(process: int) -> None:
    """End a fork, and what it has started."""
    for kill in (os.killpg, os.kill):  # it may not have its group yet
        with contextlib.suppress(ProcessLookupError):
            kill(process, signal.SIGKILL)


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

"""`pointsman` as a process of its own, started in milliseconds: for tests of what it does, not of how it starts.

What is started is a small program that asks a warm interpreter (`warm_server`) for a fork: the same code with the same
arguments, environment, directory and files, without a second of imports. It hands signals on, and ends as the fork
ends. Until the interpreter is warm, and where an environment asks for another one, it becomes the installed executable;
and so it does when a command is started for the first time, because a start may show what a fork hides.

A test that kills a process in the middle of its work starts the installed executable (`terminal.POINTSMAN`) itself.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_SETTINGS: Final = ("PYTHON", "LC_", "LANG", "LD_")
"""How the variables begin that an interpreter is set by from outside."""
_ASKER: Final = """\
#!{python} -IS
import json, os, signal, socket, sys

asker = socket.socket(socket.AF_UNIX)
try:
    os.mkdir({cold!r} + "-".join(one for one in sys.argv[1:3] if one.isalpha())[:60])
    raise SystemExit(os.execv({executable!r}, [{executable!r}, *sys.argv[1:]]))
except FileExistsError:
    pass  # this command was started cold before
try:
    if {{name: os.environ[name] for name in sorted(os.environ) if name.startswith({settings_of!r})}} != {settings!r}:
        raise OSError
    asker.connect({socket!r})
except OSError:
    os.execv({executable!r}, [{executable!r}, *sys.argv[1:]])
asked = json.dumps([[{executable!r}, *sys.argv[1:]], dict(os.environ), os.getcwd()]).encode() + b"\\n"
sent = socket.send_fds(asker, [asked], [0, 1, 2])
asker.sendall(asked[sent:])
for file in (0, 1):
    os.close(file)
told = asker.makefile("r")
process = int(told.readline())

def hand_on(number, _):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass  # it has ended, and says so in the next line

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, hand_on)
code = int(told.readline())
if code < 0:
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@cache
def pointsman() -> Path:
    """Give an executable that is `pointsman`. The interpreter behind it lives as long as this process."""
    folder = TemporaryDirectory(prefix="pointsman-warm-")
    place = Path(folder.name)
    executable = Path(sys.executable).with_name("pointsman")
    command = (sys.executable, str(Path(__file__).with_name("warm_server.py")), str(place / "socket"))
    interpreter = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/")
    atexit.register(_end, interpreter, folder)
    asker = place / "pointsman"
    asker.write_text(
        _ASKER.format(
            python=sys.executable,
            executable=str(executable),
            socket=str(place / "socket"),
            cold=str(place / "cold-"),
            settings_of=_SETTINGS,
            settings={name: os.environ[name] for name in sorted(os.environ) if name.startswith(_SETTINGS)},
        ),
        encoding="utf-8",
    )
    asker.chmod(0o700)
    return asker


def _end(interpreter: subprocess.Popen[bytes], folder: TemporaryDirectory[str]) -> None:
    interpreter.communicate()
    folder.cleanup()

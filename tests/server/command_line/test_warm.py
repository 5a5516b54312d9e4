"""The warm interpreter is `pointsman`: the same output, the same ends, and nothing of an asker that has gone."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

import pytest

from . import warm
from .terminal import POINTSMAN, Shell


@pytest.fixture(scope="module")
def asker() -> Path:
    """The executable, once a fork is behind it."""
    executable = warm.pointsman()
    while not (executable.parent / "socket").exists():
        subprocess.run([executable, "--version"], check=True, capture_output=True)
    return executable


@pytest.mark.parametrize(
    "arguments", [("check", "purchase.yaml"), ("check", "nowhere.yaml"), ("nothing",), ("--help",)]
)
def test_it_says_and_ends_as_the_installed_executable_does(
    shell: Shell, asker: Path, arguments: tuple[str, ...]
) -> None:
    said = [
        subprocess.run([program, *arguments], cwd=shell.place, capture_output=True, text=True, check=False)
        for program in (POINTSMAN, asker, asker)
    ]
    ends = {(one.returncode, one.stdout, one.stderr) for one in said}
    assert len(ends) == 1, ends


SERVE: Final = ("serve", "purchase.yaml", "--http", "127.0.0.1:0")


def ended(shell: Shell, program: Path, number: signal.Signals) -> int:
    """Start a server, send it a signal once it serves, and say how it has ended when nobody holds its log any more."""
    with subprocess.Popen(
        [program, *SERVE], cwd=shell.place, env=shell.environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while '"serving"' not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(number)
        process.stderr.read()
        return process.wait(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_fork_ends_as_the_installed_executable_does(shell: Shell, asker: Path, number: signal.Signals) -> None:
    """It ends with its asker too, which alone is killed."""
    assert ended(shell, asker, number) == ended(shell, POINTSMAN, number)


def test_askers_that_go_leave_nothing_and_harm_nobody(asker: Path, tmp_path: Path) -> None:
    """One goes before it has asked, one in the middle, and one right after."""
    asked = json.dumps([[str(asker), "--version"], {}, str(tmp_path)]).encode()
    for message in (b"", asked[:9], asked + b"\n"):
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(asker.parent / "socket"))
            if message:
                with Path("/dev/null").open("r+b") as nothing:
                    socket.send_fds(one, [message], [nothing.fileno()] * 3)
    done = subprocess.run([asker, "--version"], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout[:10]) == (0, "pointsman ")

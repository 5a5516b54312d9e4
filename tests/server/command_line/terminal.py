"""Runs `pointsman` in a process of its own: as a program does, and as a person at a terminal does."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from pointsman.server.command_line import main
from pointsman.server.identity import local_principal
from tests.server.command_line import warm

POINTSMAN = Path(sys.executable).with_name("pointsman")
"""The installed executable."""
PATIENCE_S = 30
ME = local_principal()
"""Who runs the tests, and so everything the tests run."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended. At a terminal, `stdout` is what the person saw, and `stderr` is in it."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]


@dataclass(frozen=True)
class Shell:
    """A directory with a database, and the environment of whoever works there: `given` is in it besides."""

    place: Path
    given: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def database(self) -> Path:
        return self.place / "pointsman.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """Of a user who has nothing of this project set."""
        ours = ("POINTSMAN", "ANTHROPIC", "UV_RUN")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "POINTSMAN_DATABASE": str(self.database), **self.given}

    def run(self, *arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Ended:
        """Run it with pipes, as another program would."""
        done = subprocess.run(
            [warm.pointsman(), *arguments],
            input=stdin,
            cwd=self.place,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def look(self, *arguments: str | Path) -> Any:  # noqa: ANN401 -- whatever JSON it prints
        """Look at what has come of it, in this process because it is faster: a document, or a list of them."""
        environment = {"POINTSMAN_DATABASE": str(self.database)}
        done = CliRunner().invoke(main, [*map(str, arguments), "--json"], env=environment)
        assert done.exit_code == 0, done.output
        whole = done.stdout.startswith("{\n")
        return json.loads(done.stdout) if whole else [json.loads(line) for line in done.stdout.splitlines()]

    def state(self, session: str) -> str:
        """The state that a session is in."""
        return str(self.look("sessions", "show", session)["state"])

    def at_terminal(self, *arguments: str | Path, typed: str = "", columns: int = 200) -> Ended:
        """Run it at a terminal of its own, and type a line when it asks."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [warm.pointsman(), *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=self.place,
            env={**self.environment, "COLUMNS": str(columns)},
        ) as process:
            os.close(theirs)
            os.write(ours, f"{typed}\n".encode())  # the terminal keeps it until it is read
            seen = _everything(ours)
        os.close(ours)
        return Ended(process.returncode, seen.replace("\r\n", "\n"), "")


def _everything(terminal: int) -> str:
    seen = b""
    end = time.monotonic() + PATIENCE_S
    while (left_s := end - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left_s)[0]:
            break
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other side has gone
            part = b""
        if not part:
            return seen.decode()
        seen += part
    raise AssertionError(f"it went on for more than {PATIENCE_S} s: {seen.decode()}")

"""`pointsman serve --http` as a process of its own, for tests that come to it as others do."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.server.command_line import warm
from tests.server.command_line.terminal import Shell


@contextmanager
def listening(shell: Shell, *words: str | Path) -> Generator[str]:
    """Serve over HTTP on a port that is free, and give the address. It must end in order, and without a traceback."""
    log = shell.place / "server.log"
    with (
        log.open("w+", encoding="utf-8") as stderr,
        subprocess.Popen(
            [warm.pointsman(), "serve", "--http", "127.0.0.1:0", *words],
            cwd=shell.place,
            env=shell.environment,
            stderr=stderr,
        ) as process,
    ):
        try:
            yield _address(process, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if told.get("event") == "serving":
                return str(told["url"]).removesuffix("/mcp")
    raise AssertionError(log.read_text(encoding="utf-8"))

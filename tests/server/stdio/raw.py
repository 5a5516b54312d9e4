"""A server process and its bare pipes: what a client sees when it does not use an SDK."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.server.outside import resident_kb

ECHO = Path(__file__).with_name("echo_server.py")
ANSWER_S = 1.0
"""Malformed input is answered within a second (design, section 12)."""


class RawServer:
    """Speaks lines of bytes with a process."""

    def __init__(self, *command: str, env: dict[str, str] | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`; a pipe nobody reads would fill up
        self.process = subprocess.Popen(
            [sys.executable, *(command or (str(ECHO),))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=env,
        )
        assert self.process.stdin
        assert self.process.stdout
        self._stdin = self.process.stdin
        self._stdout = self.process.stdout.fileno()
        self._buffer = b""

    def send(self, line: bytes) -> None:
        self._stdin.write(line + b"\n")
        self._stdin.flush()

    def write(self, part: bytes) -> None:
        self._stdin.write(part)
        self._stdin.flush()

    def receive(self, within_s: float = ANSWER_S) -> Any:  # noqa: ANN401 - whatever JSON the server sends
        """Give the next line as JSON.

        Raises:
            TimeoutError: when none came in time.
        """
        deadline = time.monotonic() + within_s
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            chunk = os.read(self._stdout, 65536)
            if not chunk:
                raise EOFError
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def request(self, method: str, params: object = None, *, request_id: object = "r", within_s: float = 10.0) -> Any:  # noqa: ANN401
        message = {"jsonrpc": "2.0", "id": request_id, "method": method}
        self.send(json.dumps(message | ({} if params is None else {"params": params})).encode())
        return self.receive(within_s)

    def call(self, name: str, arguments: object, *, request_id: object = "r") -> Any:  # noqa: ANN401
        return self.request("tools/call", {"name": name, "arguments": arguments}, request_id=request_id)

    def initialize(self, client: str = "test") -> Any:  # noqa: ANN401
        hello = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": client, "version": "1"},
        }
        answer = self.request("initialize", hello, request_id="hello", within_s=20.0)
        self.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        return answer

    def resident_kb(self, what: str = "VmHWM") -> int:
        return resident_kb(self.process.pid, what)

    def close_input(self) -> None:
        self._stdin.close()

    def stop(self) -> tuple[int, str]:
        """Close the input, and give the exit status and what was logged."""
        if not self._stdin.closed:
            self._stdin.close()
        assert self.process.stdout
        try:
            status = self.process.wait(timeout=10)
        finally:
            self.process.kill()
        self.process.stdout.close()
        with self._log:
            self._log.seek(0)
            return status, self._log.read().decode()

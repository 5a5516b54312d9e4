"""A place where payments are made: the workflow, its database, and a bank. All its processes can be killed.

The server is `pointsman serve`. The bank is its child over stdio, or a process of its own over Streamable HTTP,
which is started again whenever it was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from mcp import Client, StdioServerParameters

Transport: TypeAlias = Literal["stdio", "http"]

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]
_CHILD: Final = "{command: python, args: [-m, tests.faults.bank_server], env: {%s}}"
_PASSED: Final = ("PYTHONPATH", "BANK_FILE", "BANK_SEED", "BANK_FAULT", "BANK_PID")
_WEB: Final = '{url: "${BANK_URL}"}'
_UP_S: Final = 30.0


@dataclass
class Place:
    """A folder with all of it; `seed` is what the bank draws its delays from, `fault` what it does every time."""

    folder: Path
    transport: Transport
    seed: str = ""
    fault: str = ""
    port: int = 0
    web: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def database(self) -> Path:
        return self.folder / "sessions.db"

    @property
    def bank(self) -> Path:
        return self.folder / "bank.db"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def serving(self) -> tuple[str, ...]:
        """What serves it: the arguments of Python."""
        files = (str(self.folder / "payments.yaml"), "--database", str(self.database))
        return ("-m", "pointsman.server", "serve", *files, "--surface", "compact")

    def environment(self) -> Mapping[str, str]:
        bank = {"BANK_FILE": str(self.bank), "BANK_SEED": self.seed, "BANK_FAULT": self.fault}
        where = {"BANK_PID": str(self.folder / "bank.pid"), "BANK_URL": f"http://127.0.0.1:{self.port}/mcp"}
        return {**os.environ, "PYTHONPATH": str(_ROOT), **bank, **where}

    @asynccontextmanager
    async def prepared(self) -> AsyncGenerator[None]:
        """Lay everything out, run the bank if it runs by itself, and pin its tools."""
        passed = ", ".join(f'{name}: "${{{name}}}"' for name in _PASSED)
        text = (_HERE / "payments.yaml").read_text(encoding="utf-8")
        where = _WEB if self.transport == "http" else _CHILD % passed
        (self.folder / "payments.yaml").write_text(
            text.replace("{command: WHERE_THE_BANK_IS}", where), encoding="utf-8"
        )
        try:
            if self.transport == "http":
                self.port = _free_port()
                self.open_bank()
                await self.reached()
            await self._pinned()
            yield
        finally:
            if self.web is not None:
                self.web.kill()
                self.web.wait()

    def open_bank(self) -> None:
        """Run the bank over HTTP."""
        command = [sys.executable, "-m", "tests.faults.bank_web", str(self.port)]
        with (self.folder / "bank.log").open("ab") as log:
            self.web = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)

    @asynccontextmanager
    async def served(self) -> AsyncGenerator[Client]:
        """Serve the workflow: by a shell that leaves its process identifier behind and becomes the server."""
        serve = f'exec "$0" "$@" 2>>"{self.log}"'
        parameters = StdioServerParameters(
            command="/bin/sh",
            args=["-c", f'echo $$ > "{self.folder}/server.pid"; {serve}', sys.executable, *self.serving],
            env=dict(self.environment()),
        )
        async with Client(parameters, mode="legacy", read_timeout_seconds=30) as client:
            yield client

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Have the server that was opened last stand still."""
        pid = int((self.folder / "server.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def kill_server(self) -> None:
        _kill(self.folder / "server.pid")

    def kill_bank(self) -> None:
        """Kill the bank. Over HTTP it is run again at once; over stdio that is the server's to do."""
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.open_bank()
        else:
            _kill(self.folder / "bank.pid")

    def said(self) -> str:
        """What the servers have logged."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    async def _pinned(self) -> None:
        command = [sys.executable, "-m", "pointsman.server", "lock", str(self.folder / "payments.yaml")]
        locking = await asyncio.create_subprocess_exec(
            *command, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, said = await locking.communicate()
        assert locking.returncode == 0, said.decode()

    async def reached(self) -> None:
        """Wait until the bank can be reached, if it runs by itself."""
        if self.web is None:
            return
        end = time.monotonic() + _UP_S
        while time.monotonic() < end:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError((self.folder / "bank.log").read_text(encoding="utf-8"))


async def act(client: Client, session: str, action: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Act in a session, and give what was answered."""
    result = await client.call_tool("act", {"session": session, "action": action, "arguments": arguments})
    assert result.structured_content is not None, result
    return dict(result.structured_content)


async def begun(client: Client) -> dict[str, Any]:
    """Start a session, and give what was answered."""
    result = await client.call_tool("start", {"workflow": "payments", "input": {"account": "acme"}})
    assert result.structured_content is not None, result
    return dict(result.structured_content)


def _free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _kill(file: Path) -> None:
    """Kill the process that the file names; it may have ended by itself."""
    with suppress(ProcessLookupError, FileNotFoundError, ValueError):
        os.kill(int(file.read_text()), signal.SIGKILL)

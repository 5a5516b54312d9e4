"""A place where processes drive one workflow's sessions, on one database and one API, and are stopped."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor, Session
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.identity import new_handle
from pointsman.server.replies import Caller, Reply
from pointsman.server.scripts.messages_api import MessagesApi
from tests.server.command_line.terminal import Shell

_ROOT: Final = Path(__file__).parents[3]
_OPENING: Final = asyncio.Lock()
"""Databases are made one after the other: alembic knows one at a time."""
PATIENCE_S: Final = 90.0
POINTSMAN: Final = ("-m", "pointsman.server")
ADA: Final = Caller(Actor("agent", "ada"), None, "mcp")


@dataclass
class Place:
    """A folder with a workflow, its database and what its tools have written."""

    workflow: Path
    api: MessagesApi = field(repr=False)

    @property
    def folder(self) -> Path:
        return self.workflow.parent

    @property
    def database(self) -> Path:
        return self.folder / "pointsman.sqlite3"

    @property
    def written(self) -> list[str]:
        file = self.folder / "written"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    @property
    def said(self) -> str:
        """What the processes have said, on either stream."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        where = {"PYTHONPATH": str(_ROOT), "TWO_STEPS_FILE": str(self.folder / "written")}
        return {**Shell(self.folder).environment, **where, **self.api.environment}

    @asynccontextmanager
    async def running(
        self, before: Sequence[str], *arguments: str, environment: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Process]:
        """Have a command run on the workflow, by the module and arguments `before` it; kill it if it does not end."""
        command, *rest = arguments
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *before, command, self.workflow.name, *rest),
                env={**self.environment, **(environment or {})},
                cwd=self.folder,
                stdin=PIPE,
                stdout=DEVNULL if command == "serve" else log,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def run(self, before: Sequence[str], *arguments: str, environment: Mapping[str, str] | None = None) -> int:
        """Run `pointsman run` to its end; give its exit code."""
        async with self.running(before, "run", *arguments, environment=environment) as process:
            return await ended(process)

    @asynccontextmanager
    async def looked_at(self) -> AsyncGenerator[Application]:
        """Open the database beside the processes, and drive nothing."""
        async with AsyncExitStack() as stack:
            async with _OPENING:
                opening = open_application(str(self.database), [self.workflow], caretaking=False)
                application = await stack.enter_async_context(opening)
            yield application

    @asynccontextmanager
    async def serving(self, application: Application, *before: str) -> AsyncGenerator[Process]:
        """Serve the workflow, from when the process takes part in the database."""
        async with self.running(before or POINTSMAN, "serve") as process:
            while process.pid not in await application.engine.reading(_pids):
                assert process.returncode is None, self.said
                await asyncio.sleep(0.05)
            yield process


async def ended(process: Process) -> int:
    """Wait until a process has ended; give its exit code."""
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so that other processes do."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 -- they know nothing of the test's events
            await asyncio.sleep(0.02)


async def begun(application: Application, workflow: str, text: str) -> str:
    """Start a session that others drive; give its name."""
    session = new_handle()
    answer = await application.governor.begin(ADA, workflow, {"text": text}, session)
    assert isinstance(answer, Reply), answer
    return session


async def read(application: Application, session: str) -> Session:
    found = await application.engine.read(session)
    assert found is not None
    return found


async def rows_at_the_end(application: Application, session: str) -> list[JsonObject]:
    """Wait until the session has ended; give its rows."""
    async with asyncio.timeout(PATIENCE_S):
        while (now := await read(application, session)).ended is None:
            await application.engine.wait_for_change(session, now.revision, 1_000)
    return await application.engine.audit_rows(session)


async def broken_chains(application: Application) -> list[Any]:
    """Give the reports of histories that do not verify, or do not give their session."""
    reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    return [report for report in reports if not report.ok]


def sessions(connection: Any) -> list[str]:  # noqa: ANN401 -- a connection of SQLAlchemy
    """The sessions that have rows, in the order of their names."""
    return [row[0] for row in connection.exec_driver_sql("SELECT id FROM sessions ORDER BY id")]


def _pids(connection: Any) -> set[int]:  # noqa: ANN401 -- a connection of SQLAlchemy
    return {row[0] for row in connection.exec_driver_sql("SELECT pid FROM instances")}

"""A place with the two steps: models with every kind of write, in processes that are stopped in the middle of it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Final, TypeAlias

from pointsman.contracts.values import JsonObject
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from tests.server.command_line.terminal import Shell

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[2]
PATIENCE_S: Final = 90.0
POINTSMAN: Final = ("-m", "pointsman.server")
WRITES: Final = ("note one", "deposit 5", "deposit 7", "note two")
ANSWERS: Final = {
    "working": (
        (Call("two_look"), Call("two_note", {"topic": "one"}), Call("two_deposit", {"amount": 5})),
        (Call("two_deposit", {"amount": 7}), Call("submit", {"total": 12, "rationale": "It is there."})),
    ),
    "checking": ((Call("two_note", {"topic": "two"}),), (Call("finish", {"rationale": "It is noted."}),)),
}

Asked: TypeAlias = tuple[str, int]
"""A question: the state, and how many answers came before it."""


@dataclass
class Model:
    """The model: what it answers follows from what it is told, so that another process gets the same.

    Before it answers a question that is in `held`, it waits.
    """

    held: Mapping[Asked, Event] = field(default_factory=dict[Asked, Event])
    asked: list[Asked] = field(default_factory=list[Asked])

    def answer(self, request: JsonObject) -> Reply:
        system: Any = request["system"]
        messages: Any = request["messages"]
        state = next(name for name in ANSWERS if any(f"act in: {name}." in part["text"] for part in system))
        question = (state, sum(one["role"] == "assistant" for one in messages))
        self.asked.append(question)
        if question in self.held:
            self.held[question].wait(PATIENCE_S)
        return Reply(say="So be it.", calls=ANSWERS[state][question[1]])


@dataclass
class Place:
    """A folder with the workflow, its database and what its tools have written."""

    folder: Path
    model: Model
    api: MessagesApi = field(repr=False)

    @property
    def database(self) -> Path:
        return self.folder / "pointsman.sqlite3"

    @property
    def workflow(self) -> Path:
        return self.folder / "two_steps.yaml"

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
    async def running(self, before: Sequence[str], *arguments: str) -> AsyncGenerator[Process]:
        """Have a command run on the workflow, by the module and arguments `before` it; kill it if it does not end."""
        command, *rest = arguments
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *before, command, self.workflow.name, *rest),
                env=self.environment,
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

    async def run(self, before: Sequence[str], *arguments: str) -> int:
        """Run `pointsman run` to its end; give its exit code."""
        async with self.running(before, "run", *arguments) as process:
            return await ended(process)

    async def rows(self) -> list[JsonObject]:
        """Everything that the audit says of the one session there is."""
        async with open_application(str(self.database), [], caretaking=False) as application:
            [session] = await application.engine.reading(sessions)
            return await application.engine.audit_rows(session)

    async def broken_chains(self) -> list[Any]:
        async with open_application(str(self.database), [], caretaking=False) as application:
            return await broken_chains(application)


async def broken_chains(application: Application) -> list[Any]:
    """Give the reports of histories that do not verify, or do not give their session."""
    reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    return [report for report in reports if not report.ok]


def sessions(connection: Any) -> list[str]:  # noqa: ANN401 -- a connection of SQLAlchemy
    """The sessions that have rows."""
    return [row[0] for row in connection.exec_driver_sql("SELECT DISTINCT session_id FROM audit")]


@contextmanager
def placed(folder: Path, held: Mapping[Asked, Event] | None = None) -> Generator[Place]:
    folder.mkdir()
    for name in ("two_steps.yaml", "two_steps_tools.py"):
        shutil.copy(_HERE / name, folder / name)
    model = Model(held or {})
    with messages_api(model.answer) as api:
        yield Place(folder, model, api)


async def ended(process: Process) -> int:
    """Wait until a process has ended; give its exit code."""
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something is so that other processes do."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 -- they know nothing of the test's events
            await asyncio.sleep(0.02)


def answered(rows: Sequence[JsonObject]) -> list[Asked]:
    """The questions whose answers are recorded, as the model counts them."""
    found: list[Asked] = []
    for row in rows:
        if (row["kind"], row["outcome"]) == ("model", "done"):
            state = str(row["state_before"])
            found.append((state, sum(one == state for one, _ in found)))
    return found


def session_of(rows: Sequence[JsonObject]) -> str:
    body: Any = rows[0]["body"]
    return str(body["session"])


def hold_to_the_end(place: Place, rows: Sequence[JsonObject], *, in_doubt: bool) -> None:
    """No write twice; all of them where it has finished, and where it has not, one that is in doubt."""
    written = Counter(place.written)
    assert set(written.values()) <= {1}, f"written twice: {written}"
    state = rows[-1]["state_after"]
    if in_doubt and state == "in_doubt":
        assert [row for row in rows if (row["kind"], row["outcome"]) == ("settled", "unknown")]
    else:
        assert (state, sorted(written)) == ("finished", sorted(WRITES)), (place.folder, rows[-1])

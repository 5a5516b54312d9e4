"""A session of models that is stopped at any moment, and goes on in another process (issue 7).

No write is made twice, also none without a key; no question is asked twice whose answer is recorded. The process stops
itself at each commit of the session in turn, once before the commit and once after it, by kill -9 and by Ctrl-C.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.application import open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from tests.server.command_line.terminal import Shell

pytestmark = [pytest.mark.faults]

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[2]
_PATIENCE_S: Final = 90.0
AT_ONCE: Final = 4
WRITES: Final = ("note one", "deposit 5", "deposit 7", "note two")
ANSWERS: Final = {
    "working": (
        (Call("two_look"), Call("two_note", {"topic": "one"}), Call("two_deposit", {"amount": 5})),
        (Call("two_deposit", {"amount": 7}), Call("submit", {"total": 12, "rationale": "It is there."})),
    ),
    "checking": ((Call("two_note", {"topic": "two"}),), (Call("finish", {"rationale": "It is noted."}),)),
}


@dataclass
class Model:
    """The model: what it answers follows from what it is told, so that another process gets the same."""

    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Every question: the state, and how many answers came before it."""

    def answer(self, request: JsonObject) -> Reply:
        system: Any = request["system"]
        messages: Any = request["messages"]
        state = next(name for name in ANSWERS if any(f"act in: {name}." in part["text"] for part in system))
        number = sum(one["role"] == "assistant" for one in messages)
        self.asked.append((state, number))
        return Reply(say="So be it.", calls=ANSWERS[state][number])


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
    def written(self) -> list[str]:
        file = self.folder / "written"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        where = {"PYTHONPATH": str(_ROOT), "TWO_STEPS_FILE": str(self.folder / "written")}
        return {**Shell(self.folder).environment, **where, **self.api.environment}

    async def run(self, before: Sequence[str], *arguments: str) -> int:
        """Run `pointsman run`, by the module and arguments `before` it; give its exit code."""
        command = [sys.executable, *before, "run", "two_steps.yaml", *arguments]
        with (self.folder / "log").open("ab") as log:
            running = await asyncio.create_subprocess_exec(
                *command, env=self.environment, cwd=self.folder, stdout=log, stderr=log
            )
        async with asyncio.timeout(_PATIENCE_S):
            return await running.wait()

    async def rows(self) -> list[JsonObject]:
        """Everything that the audit says of the one session there is."""
        async with open_application(str(self.database), [], caretaking=False) as application:
            [session] = await application.engine.reading(_sessions)
            return await application.engine.audit_rows(session)

    async def broken_chains(self) -> list[Any]:
        async with open_application(str(self.database), [], caretaking=False) as application:
            reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
        return [report for report in reports if not report.ok]


def _sessions(connection: Any) -> list[str]:  # noqa: ANN401 -- a connection of SQLAlchemy
    return [row[0] for row in connection.exec_driver_sql("SELECT DISTINCT session_id FROM audit")]


@contextmanager
def placed(folder: Path) -> Generator[Place]:
    folder.mkdir()
    for name in ("two_steps.yaml", "two_steps_tools.py"):
        shutil.copy(_HERE / name, folder / name)
    model = Model()
    with messages_api(model.answer) as api:
        yield Place(folder, model, api)


def answered(rows: Sequence[JsonObject]) -> list[tuple[str, int]]:
    """The questions whose answers are recorded, as the model counts them."""
    found: list[tuple[str, int]] = []
    for row in rows:
        if (row["kind"], row["outcome"]) == ("model", "done"):
            state = str(row["state_before"])
            found.append((state, sum(one == state for one, _ in found)))
    return found


async def stopped_and_run_again(place: Place, number: signal.Signals, moment: str, commit: int) -> bool:
    """Stop a run at this commit, and run it again; False where it had fewer commits, and ended by itself."""
    text = f"text={commit} {moment}"
    stopping = ("-m", "tests.faults.models.stopped_run", number.name, moment, str(commit))
    code = await place.run(stopping, "--set", text)
    rows = await place.rows()
    before, asked = answered(rows), len(place.model.asked)
    ended = any(row["kind"] == "entered" and row["state_after"] in ("finished", "in_doubt", "broken") for row in rows)
    if not ended:
        assert code == -signal.SIGKILL if number == signal.SIGKILL else code in (0, 1), place.folder
        await place.run(("-m", "pointsman.server"), "--session", str(session_of(rows)))
    again = place.model.asked[asked:]
    rows = await place.rows()
    assert not set(before) & set(again), "a question was asked again whose answer was recorded"
    assert answered(rows) == list(dict.fromkeys(answered(rows)))
    assert await place.broken_chains() == []
    hold_to_the_end(place, rows, in_doubt=number == signal.SIGKILL)
    return not ended


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


KILLED: Final = [(moment, commit) for commit in range(1, 20) for moment in ("before", "after")][1:]
INTERRUPTED: Final = [("after", commit) for commit in (1, 2, 4, 6, 9, 12)]
"""A session has 16 commits; at the last moments of these the process ends by itself."""


@pytest.mark.parametrize(
    ("number", "moments", "least"),
    [(signal.SIGKILL, KILLED, 30), (signal.SIGINT, INTERRUPTED, 5)],
    ids=["kill", "interrupt"],
)
async def test_stopped_at_any_commit_and_run_again_it_writes_nothing_twice_and_asks_nothing_twice(
    tmp_path: Path, number: signal.Signals, moments: Sequence[tuple[str, int]], least: int
) -> None:
    """All that is paid for is kept, and all that was begun is done once, or is in doubt and in a person's hands."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(moment: str, commit: int) -> bool:
        async with places:
            with placed(tmp_path / f"{commit}-{moment}") as place:
                return await stopped_and_run_again(place, number, moment, commit)

    stopped = await asyncio.gather(*(one(moment, commit) for moment, commit in moments))
    assert sum(stopped) >= least, "it was stopped at as many moments"

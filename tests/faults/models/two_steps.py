"""A place with the two steps: states of models with every kind of write, and what must come of them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Final, TypeAlias

from pointsman.contracts.values import JsonObject
from pointsman.server.application import open_application
from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from tests.faults.models.processes import PATIENCE_S, Place, broken_chains, sessions

HERE: Final = Path(__file__).parent
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
class TwoSteps(Place):
    """A place with one session of the two steps, and the model that acts in it."""

    model: Model

    async def rows(self) -> list[JsonObject]:
        """Everything that the audit says of the one session there is."""
        async with open_application(str(self.database), [], caretaking=False) as application:
            [session] = await application.engine.reading(sessions)
            return await application.engine.audit_rows(session)

    async def broken_chains(self) -> list[Any]:
        async with open_application(str(self.database), [], caretaking=False) as application:
            return await broken_chains(application)


@contextmanager
def placed(folder: Path, held: Mapping[Asked, Event] | None = None) -> Generator[TwoSteps]:
    """Lay the two steps out. Before the model answers what is in `held`, it waits for it."""
    model = Model(held or {})
    with messages_api(model.answer) as api:
        yield TwoSteps(laid_out(folder, "two_steps.yaml"), api, model)


def laid_out(folder: Path, workflow: str) -> Path:
    """Lay out a workflow whose tools are those of the two steps; give its file."""
    folder.mkdir()
    for name in (workflow, "two_steps_tools.py"):
        shutil.copy(HERE / name, folder / name)
    return folder / workflow


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


def hold_to_the_end(place: TwoSteps, rows: Sequence[JsonObject], *, in_doubt: bool) -> None:
    """No write twice; all of them where it has finished, and where it has not, one that is in doubt."""
    written = Counter(place.written)
    assert set(written.values()) <= {1}, f"written twice: {written}"
    state = rows[-1]["state_after"]
    if in_doubt and state == "in_doubt":
        assert [row for row in rows if (row["kind"], row["outcome"]) == ("settled", "unknown")]
    else:
        assert (state, sorted(written)) == ("finished", sorted(WRITES)), (place.folder, rows[-1])

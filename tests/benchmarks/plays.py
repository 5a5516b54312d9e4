"""Real sessions of `lists.yaml`, played through the governor: one of every way in which they go on, wait, or end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.replies import Caller, Reply

from .growth import repeat

WORKFLOWS: Final = ("claims", "refunds", "orders", "invoices", "contracts")
"""Each has roles of its own: `claims_manager`, `claims_clerk`. The `auditor` is that of all."""
STARTER: Final = "local:the-starter"
DECIDER: Final = "local:the-decider"
NUMBER: Final = "THE-NUMBER"
CUSTOMER: Final = "THE-CUSTOMER"
FIRST_MS: Final = 1_700_000_000_000
"""When the first session was played."""
_STEP_MS: Final = 61_013
_AGENT: Final = Caller(Actor("agent", "agent:drafter", owner=STARTER), "benchmark", "mcp")
_FIELDS: Final[JsonObject] = {"number": NUMBER, "customer": CUSTOMER, "amount": 1250.5}


class SteppingClock:
    """Tells every time a moment that is some time later."""

    def __init__(self, step_ms: int) -> None:
        self._now_ms = FIRST_MS
        self._step_ms = step_ms

    def now_ms(self) -> int:
        self._now_ms += self._step_ms
        return self._now_ms


class Ending(NamedTuple):
    """A way in which sessions go: how they come there from drafting, and which share of all does."""

    go: Callable[[Application, str], Awaitable[None]]
    share: float


class Played(NamedTuple):
    """A session that was played, and the share of all that are like it."""

    session: str
    share: float


@asynccontextmanager
async def played(folder: Path) -> AsyncGenerator[tuple[Application, list[Played]]]:
    """Play a short, a middling and a long session of every workflow and ending, in a database of their own."""
    files = workflow_files(folder)
    opening = open_application(str(folder / "played.db"), files, clock=SteppingClock(_STEP_MS), caretaking=False)
    async with opening as application:
        running: list[asyncio.Task[object]] = []
        sessions: list[Played] = []
        for workflow in WORKFLOWS:
            for ending in _ENDINGS:
                for notes in _NOTES:
                    session = await _drafted(application, workflow, notes)
                    await ending.go(application, session)
                    sessions.append(Played(session, ending.share / len(_NOTES) / len(WORKFLOWS)))
        for workflow in WORKFLOWS:
            session = await _drafted(application, workflow, _NOTES[0])
            found = await application.engine.read(session)
            before = 0 if found is None else found.revision
            running.append(asyncio.create_task(_act(application, session, "till.book", {"entry": "endless"})))
            await application.engine.wait_for_change(session, before, 10_000)
            sessions.append(Played(session, _RUNNING / len(WORKFLOWS)))
        yield application, sessions
        for task in running:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*running)


def workflow_files(folder: Path) -> list[Path]:
    """Write the workflows, which differ in their names and in those of their roles, and their tools."""
    here = Path(__file__).parent
    (folder / "till.py").write_text((here / "till.py").read_text())
    text = (here / "lists.yaml").read_text()
    files: list[Path] = []
    for name in WORKFLOWS:
        files.append(folder / f"{name}.yaml")
        own = text.replace("workflow: claims", f"workflow: {name}")
        for role in ("manager", "clerk"):
            own = own.replace(role, f"{name}_{role}")
        files[-1].write_text(own)
    return files


async def grown(application: Application, workflow: str, rows: int) -> str:
    """Play a session of so many rows."""
    session = await _started(application, workflow)
    text: JsonObject = {"text": "Once more."}
    await repeat(rows // 2, lambda: application.governor.act(_AGENT, session, "note", text))
    return session


async def _drafted(application: Application, workflow: str, notes: int) -> str:
    """Start a session, and let the agent look things up, take notes, book, and ask what there is not."""
    session = await _started(application, workflow)
    for number in range(notes):
        await _act(application, session, "till.look", {"what": f"entry {number} of {NUMBER}"})
        await _act(application, session, "note", {"text": f"{CUSTOMER} has sent document {number}; it is complete."})
        if number % 4 == 0:
            await _act(application, session, "till.book", {"entry": f"page {number}"})
        if number % 6 == 0:
            await _act(application, session, "till.drop", {"entry": f"page {number}"})
    return session


async def _started(application: Application, workflow: str) -> str:
    reply = await application.governor.start(_AGENT, workflow, _FIELDS)
    assert isinstance(reply, Reply), reply
    return reply.session


async def _act(application: Application, session: str, action: str, arguments: JsonObject) -> object:
    reply = await application.governor.act(_AGENT, session, action, arguments)
    assert isinstance(reply, Reply), reply
    return reply


def _acting(*actions: tuple[str, JsonObject]) -> Callable[[Application, str], Awaitable[None]]:
    async def go(application: Application, session: str) -> None:
        for name, arguments in actions:
            await _act(application, session, name, arguments)

    return go


def _deciding(event: str) -> Callable[[Application, str], Awaitable[None]]:
    async def go(application: Application, session: str) -> None:
        await _submitted(application, session)
        found = await application.engine.read(session)
        assert found is not None
        assert found.stay.review is not None
        request = Decide(event, {}, found.stay.review.shown_digest, found.stay.number)
        person = Caller(Actor("human", DECIDER, (found.stay.review.role,)), "benchmark", "api")
        reply = await application.governor.decide(person, session, request)
        assert isinstance(reply, Reply), reply
        assert reply.refusal is None, reply

    return go


async def _cancelled(application: Application, session: str) -> None:
    person = Caller(Actor("human", STARTER), "benchmark", "api")
    reply = await application.governor.cancel(person, session, "The customer has withdrawn it.")
    assert isinstance(reply, Reply), reply


# A write's arguments hold nothing of the session's own: the ledger has their digest, which the fold makes.
_NOTES: Final = (4, 12, 21)
_RUNNING: Final = 0.0002
_BROKEN: Final[tuple[str, JsonObject]] = ("till.book", {"entry": "broken"})
_submitted = _acting(("submit", {"text": f"{CUSTOMER} is owed what {NUMBER} says."}))
_ENDINGS: Final[Sequence[Ending]] = (
    Ending(_acting(), 0.09),
    Ending(_submitted, 0.03),
    Ending(_acting(("till.pay", {"entry": "all of it"})), 0.015),
    Ending(_acting(_BROKEN), 0.01),
    Ending(_acting(_BROKEN, ("hand_over", {})), 0.01),
    Ending(_acting(("fail", {})), 0.03),
    Ending(_acting(("give_up", {})), 0.055),
    Ending(_cancelled, 0.02),
    Ending(_deciding("reject"), 0.04),
    Ending(_deciding("approve"), 0.6998),
)

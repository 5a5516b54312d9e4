"""The desk: a small workflow, who uses it, and the levers of its source."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor, Session
from pointsman.server.application import Application, open_application
from pointsman.server.clock import ShiftedClock
from pointsman.server.replies import Caller, Reply

HERE = Path(__file__).parent
AGENT = Caller(Actor("agent", "local:ann"), "a-client", "mcp")
STRANGER = Caller(Actor("agent", "local:eve"), "a-client", "mcp")
CHIEF = Caller(Actor("human", "maria", ("chief",)), None, "cli")
STARTER = Caller(Actor("human", "local:ann", ("chief",)), None, "cli")


@dataclass(frozen=True)
class Desk:
    """Where the workflow, its source and the database are, and the source's levers."""

    place: Path
    clock: ShiftedClock
    name: str = "desk"

    def open(self, *, caretaking: bool = True) -> AbstractAsyncContextManager[Application]:
        database = str(self.place / "sessions.db")
        return open_application(database, [self.place / f"{self.name}.yaml"], clock=self.clock, caretaking=caretaking)

    @property
    def module(self) -> Any:  # noqa: ANN401 -- a module that no type checker has seen
        """The source, as the server has imported it."""
        place = str(self.place / f"{self.name}.py")
        return next(module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == place)

    async def called(self, times: int = 1) -> None:
        """Wait until the source was called so often."""
        while len(self.module.calls) < times:  # noqa: ASYNC110 -- the source knows nothing of the tests' events
            await asyncio.sleep(0)

    def hold(self, name: str) -> asyncio.Event:
        """Hold calls of this tool back until the event is set."""
        gate = asyncio.Event()
        self.module.gates[name] = gate
        return gate


def replied(answer: object) -> Reply:
    """The reply, where one is expected."""
    assert isinstance(answer, Reply), answer
    return answer


async def started(application: Application, subject: str = "rent") -> Reply:
    return replied(await application.governor.start(AGENT, "desk", {"subject": subject}))


async def acted(application: Application, session: str, action: str, arguments: JsonObject | None = None) -> Reply:
    return replied(await application.governor.act(AGENT, session, action, arguments or {}))


async def current(application: Application, session: str) -> Session:
    """The session as it is now."""
    found = await application.engine.read(session)
    assert found is not None
    return found

"""Sessions of `letters.yaml`, moved through the governor as agents, people and the outside do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide, Expire
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.replies import Caller, Reply
from tests.server.governor.desks import current

HERE: Final = Path(__file__).parent
T0: Final = 1_790_000_000_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000


class SetClock:
    """Tells the time that it is set to, a millisecond later each time."""

    def __init__(self) -> None:
        self.at = T0

    def now_ms(self) -> int:
        self.at += 1
        return self.at


@dataclass
class Letters:
    """A server of letters, and its clock."""

    application: Application
    clock: SetClock
    agent: Caller

    async def started(self, letter: str = "L-1") -> str:
        reply = await self.application.governor.start(self.agent, "letters", {"letter": letter})
        assert isinstance(reply, Reply), reply
        return reply.session

    async def act(self, session: str, action: str, expect: str = "done", /, **arguments: Json) -> Reply:
        reply = await self.application.governor.act(self.agent, session, action, arguments)
        assert isinstance(reply, Reply), reply
        assert reply.outcome == expect, reply
        return reply

    async def name_topic(self, session: str, confidence: float = 0.9, topic: str = "prices") -> None:
        await self.act(session, "name_topic", topic=topic, confidence=confidence, rationale="It says so.")

    async def propose(self, session: str, confidence: float = 0.8, answer: str = "It is 7.", **more: Json) -> None:
        said: JsonObject = {"confidence": confidence, "rationale": "See the list.", "alternatives": ["None."]}
        await self.act(session, "propose", answer=answer, price=7, **said, **more)

    async def proposed(self, topic: float = 0.9, answer: float = 0.8, text: str = "It is 7.") -> str:
        """Bring a session to its editor."""
        session = await self.started()
        await self.name_topic(session, topic)
        await self.propose(session, answer, text)
        return session

    async def decide(self, session: str, event: str, /, who: str = "local:maria", **arguments: Json) -> None:
        found = await self.application.engine.read(session)
        assert found is not None
        review = found.stay.review
        assert review is not None, found.state
        request = Decide(event, arguments, review.shown_digest, found.stay.number)
        person = Caller(Actor("human", who, (review.role,)), "test", "api")
        reply = await self.application.governor.decide(person, session, request)
        assert isinstance(reply, Reply), reply
        assert reply.outcome in {"done", "waiting"}, reply

    async def decide_call(self, session: str, event: str, /, who: str = "local:boss", **arguments: Json) -> None:
        """Approve or reject the call that waits."""
        found = await self.application.engine.read(session)
        assert found is not None
        approval = next(one for one in found.stay.approvals.values() if one.status == "pending")
        request = Decide(event, arguments, shown_digest(approval), found.stay.number, approval=approval.id)
        person = Caller(Actor("human", who, (approval.role,)), "test", "api")
        reply = await self.application.governor.decide(person, session, request)
        assert isinstance(reply, Reply), reply
        assert reply.refusal is None, reply

    async def outside(self, session: str, event: str, /, **arguments: Json) -> None:
        post = Caller(Actor("external", "post", ("post",)), "test", "http")
        reply = await self.application.governor.deliver(post, session, event, arguments)
        assert isinstance(reply, Reply), reply

    async def later(self, session: str, by_ms: int = 31 * DAY_MS) -> None:
        """Let the timers of a session act that are due by then."""
        self.clock.at += by_ms
        found = await self.application.engine.read(session)
        assert found is not None
        for timer, one in found.stay.timers.items():
            if one.at <= self.clock.at:
                await self.application.governor.submit_and_follow(found, Expire(timer), f"timer:{timer}")

    async def state(self, session: str) -> str:
        return (await current(self.application, session)).state


def answered_by(actor: str, text: str) -> str:
    """Give the text of a workflow in which another actor answers the letters."""
    return text.replace("  answering:\n    actor: agent\n", f"  answering:\n    actor: {actor}\n", 1)


@asynccontextmanager
async def opened(
    folder: Path, client: str = "claude-ai", *, floors: bool = True, answering: str = "agent"
) -> AsyncGenerator[Letters]:
    """Open a server of letters with a database in this folder; `answering` is the actor who answers them."""
    for name in ("letters.yaml", "post.py"):
        shutil.copy(HERE / name, folder / name)
    if not floors:
        text = (folder / "letters.yaml").read_text()
        (folder / "letters.yaml").write_text("\n".join(one for one in text.split("\n") if "floor:" not in one))
    (folder / "letters.yaml").write_text(answered_by(answering, (folder / "letters.yaml").read_text()))
    clock = SetClock()
    files, database = [folder / "letters.yaml"], folder / "p.sqlite3"
    async with open_application(str(database), files, clock=clock, caretaking=False) as application:
        yield Letters(application, clock, Caller(Actor("agent", "local:ada"), client, "mcp"))

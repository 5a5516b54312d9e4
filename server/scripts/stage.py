"""What is played beside the agent: people, the outside and the clock, in this process.

They act through a governor of this process on the database that the server process holds too, as
the command line and other servers do. The clock here is ours to move; the server process keeps the
machine's, so an agent that acts after time was advanced acts at an earlier moment than people do.
Only timers of the played session are fired.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import HumanState, Workflow
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide, Expire
from pointsman.fsm.session import Actor, Session

from ..answers import rests
from ..application import Application, open_application
from ..audit.chain import AuditRow
from ..audit.verify import ChainReport, verify_and_replay
from ..bounds import REPLY_WAIT_MS
from ..clock import ShiftedClock
from ..models.driver import Access
from ..replies import Caller, Reply, Stray
from ..store.reading import audit_rows
from ..surfaces.names import Names
from ..surfaces.results import result_of
from .agent import CLIENT
from .script import STARTER

PERSON: Final = "script:"
"""Begins the identifier of everybody a script makes up, so that nobody takes them for a real person."""
_CHANNEL: Final = "script"


class Stage:
    """One session, and everybody but its agent."""

    def __init__(self, application: Application, clock: ShiftedClock, workflow: Workflow) -> None:
        self.workflow = workflow
        self._governor = application.governor
        self._engine = application.engine
        self._clock = clock

    async def session(self, session_id: str) -> Session:
        """Give a session when it rests, at the latest after 20 s."""
        session = await self.now(session_id)
        end = self._clock.now_ms() + REPLY_WAIT_MS
        while not rests(session) and (left_ms := end - self._clock.now_ms()) > 0:
            session = await self._engine.wait_for_change(session_id, session.revision, left_ms) or session
        return session

    async def now(self, session_id: str) -> Session:
        """Give a session as it is."""
        session = await self._engine.read(session_id)
        if session is None:
            raise LookupError(session_id)
        return session

    async def changed(self, session: Session, timeout_ms: int) -> Session:
        """Give a session as soon as it has moved on, or as it is when the time is over."""
        return await self._engine.wait_for_change(session.id, session.revision, timeout_ms) or session

    async def decide(
        self, session: Session, person: str, event: str, arguments: JsonObject, tool: str | None = None
    ) -> JsonObject:
        """Have a person decide what is open: the review, or the call of this tool that waits longest.

        `starter` is whoever started the session. Everybody else has just the role that is asked for.
        """
        request, role, channel = self._matter(session, event, arguments, tool)
        identity = session.started_by if person == STARTER else f"{PERSON}{person}"
        caller = Caller(Actor("human", identity, () if role is None else (role,)), CLIENT, channel)
        return _content(await self._governor.decide(caller, session.id, request))

    def _matter(
        self, session: Session, event: str, arguments: JsonObject, tool: str | None
    ) -> tuple[Decide, str | None, str]:
        """Give the decision as bound to what is shown, the role it takes, and a channel it may come through."""
        stay, state = session.stay, self.workflow.states[session.state]
        if tool is not None:
            waiting = [one for one in stay.approvals.values() if one.tool == tool and one.status == "pending"]
            call = min(waiting, key=lambda one: int(one.id), default=None)
            if call is None:
                return Decide(event, arguments, "", stay.number, approval="none"), None, "cli"
            return Decide(event, arguments, shown_digest(call), stay.number, approval=call.id), call.role, "cli"
        review = state.review if isinstance(state, HumanState) else None
        channel = "cli" if review is None or "cli" in review.accept else min(review.accept)
        shown = stay.review.shown_digest if stay.review is not None else ""
        return Decide(event, arguments, shown, stay.number), None if review is None else review.role, channel

    async def deliver(self, session: Session, event: str, arguments: JsonObject) -> JsonObject:
        """Deliver an event from outside."""
        outside = Actor("external", f"{PERSON}outside", self.workflow.roles, owner=session.started_by)
        return _content(await self._governor.deliver(Caller(outside, CLIENT, _CHANNEL), session.id, event, arguments))

    async def advance(self, session: Session, by_ms: int) -> None:
        """Let time pass, from one timer of the session to the next."""
        end = self._clock.now_ms() + by_ms
        while (due := session.next_timer_at) is not None and due <= end:
            self._clock.advance(max(0, due - self._clock.now_ms()))
            before = session.revision
            await self._expire(session)
            session = await self.session(session.id)
            if session.revision == before:
                break  # an open write holds its timers
        self._clock.advance(max(0, end - self._clock.now_ms()))

    async def _expire(self, session: Session) -> None:
        timers = {**session.timers, **session.stay.timers}
        for name, timer in sorted(timers.items(), key=lambda item: (item[1].at, item[0])):
            if timer.at <= self._clock.now_ms():
                await self._governor.submit_and_follow(session, Expire(name), f"timer:{name}")

    async def rows(self, session_id: str, after_revision: int = 0) -> list[AuditRow]:
        """Give the session's audit rows after a revision, oldest first."""
        return await self._engine.reading(audit_rows, session_id, after_revision)

    async def verified(self, session_id: str) -> ChainReport:
        """Verify the session's history, and compare its fold with the snapshot."""
        return await self._engine.reading(lambda connection: next(verify_and_replay(connection, session_id)))


@asynccontextmanager
async def open_stage(file: Path, database: Path | str, access: Access | None = None) -> AsyncGenerator[Stage]:
    """Open the database and load the workflow beside the server process.

    With `access`, models that act after a person, the outside or the clock are asked from here, by the clock of the
    stage; without, the server process asks them.

    Raises:
        InvalidWorkflow: when the workflow file has faults.
        SourceError: when a source of its tools cannot be had.
        StoreError: when the database cannot be opened.
    """
    clock = ShiftedClock()
    async with open_application(str(database), [file], clock=clock, caretaking=False, access=access) as application:
        yield Stage(application, clock, application.governor.workflows()[0])


def _content(reply: Reply | Stray) -> JsonObject:
    """Give a reply the shape in which the agent gets it."""
    content: JsonObject = result_of(reply, "", Names(()), schemas=False).structured_content or {}
    return content

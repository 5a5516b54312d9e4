"""Answers a command when its session rests, or after 20 s: what was decided, what came of the call, where it is now."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from pointsman.contracts.values import Json
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Intended
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.session import Session
from pointsman.tools.conversation import ended_within

from .answers import blocks_of, counted, reply, reply_to_call, rests
from .approvals import asked
from .bounds import REPLY_WAIT_MS
from .catalogue import Served
from .engines.embedded import EmbeddedEngine
from .performer import NOBODY_WAITS, Performer, Stored
from .replies import Reply, ReplyOutcome, Stray, Waiter
from .store.rows import body_of
from .store.searching import audit_row


class Answering:
    """Answers commands of one process's governor.

    Args:
        engine: Where the sessions are.
        performer: The calls this process runs.
        stored: Gives the result of a call that was made before.
    """

    def __init__(self, engine: EmbeddedEngine, performer: Performer, stored: Stored) -> None:
        self._engine = engine
        self._performer = performer
        self._stored = stored

    async def answer(
        self, served: Served, before: Session, decision: Decision, waiter: Waiter | None = None
    ) -> Reply | Stray:
        """Answer what the engine decided: at once if it refused, otherwise when the session rests."""
        session = decision.session
        if session is None or (decision.refusal is not None and decision.refusal.code == "NOT_FOUND"):
            return Stray(decision.refusal or NOT_FOUND)  # the engine has recorded it
        intended = [fact.body for fact in decision.facts if isinstance(fact.body, Intended)]
        call = next((one.call for one in intended if one.call is not None and one.call.purpose == "agent"), None)
        heard = {call.id: waiter} if call is not None and waiter is not None else NOBODY_WAITS
        self._performer.run_open(served, session, decision.clear, heard)
        entered = session.stay.number != before.stay.number
        if decision.refusal is not None:
            moves = entered or any(one.leaving is not None for one in intended)
            session = await self._rest(session) if moves else session
            entered = session.stay.number != before.stay.number
            outcome: ReplyOutcome = "waiting" if asked(decision) else "refused"
            return reply(served.workflow, session, outcome, entered=entered, refusal=decision.refusal)
        task = self._performer.running(session.id, call.id) if call else None
        if call is None or task is None:
            said, again, content = counted(decision), decision.repeated, None
            if decision.stored is not None:
                said, content = await self._stored(session, decision.stored)
            rested = await self.at_rest(served, session, "done", entered=entered, result=said, repeated=again)
            return replace(rested, content=blocks_of(said, content))
        if not await ended_within(task, REPLY_WAIT_MS / 1000, waiter):
            return reply(served.workflow, session, "waiting", entered=entered)
        end = task.result()
        session = await self._rest(await self._engine.read(session.id) or session)
        told = reply_to_call(served.workflow, before, session, *end)
        return replace(told, repeated=call.stored is not None)

    def at_once(self, served: Served, before: Session, decision: Decision) -> Reply | Stray:
        """Answer what the engine decided of an event, and do not wait for what comes of it."""
        session = decision.session
        if session is None or (decision.refusal is not None and decision.refusal.code == "NOT_FOUND"):
            return Stray(decision.refusal or NOT_FOUND)  # the engine has recorded it
        self._performer.run_open(served, session, decision.clear)
        return reply(
            served.workflow,
            session,
            "done" if decision.refusal is None else "refused",
            entered=session.stay.number != before.stay.number,
            refusal=decision.refusal,
            repeated=decision.repeated,
        )

    async def at_rest(
        self,
        served: Served,
        session: Session,
        outcome: ReplyOutcome,
        *,
        entered: bool,
        result: Json = None,
        repeated: bool = False,
    ) -> Reply:
        """Say where a session is when it rests. `entered` says that who asks has not seen its stay yet."""
        before = session.stay.number
        session = await self._rest(session)
        entered = entered or session.stay.number != before
        if not rests(session):
            outcome = "waiting"
        return reply(served.workflow, session, outcome, entered=entered, result=result, repeated=repeated)

    async def _rest(self, session: Session) -> Session:
        """Wait until nothing of the session runs, at most 20 s."""
        loop = asyncio.get_running_loop()
        end = loop.time() + REPLY_WAIT_MS / 1000
        while not rests(session) and (left_s := end - loop.time()) > 0:
            changed = await self._engine.wait_for_change(session.id, session.revision, int(left_s * 1000))
            session = changed or session
        return session


async def stored_result(engine: EmbeddedEngine, session: Session, revision: int) -> tuple[Json, list[Json] | None]:
    """Give the result of a call that was made before and its MCP content, from the row that has its outcome."""
    row = await engine.reading(audit_row, session.id, revision)
    body = {} if row is None else body_of(row)
    content = body.get("content")
    return body.get("result"), content if isinstance(content, list) else None

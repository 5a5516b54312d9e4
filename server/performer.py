"""Runs what sessions hold open, and reports how it ended through the same gate.

Every open call of this process has one task here. A task is never cancelled with the request that
caused it: a client that goes away does not cut off a write. The outcome of a call is never dropped
while the process serves: when the database is busy or full, telling it is tried again. A call whose
outcome could not be told for another reason may have happened, so it is never run a second time
here: it stays open, and is taken over when this process has ended. So does a write in doubt whose
doubt can be settled, when the process is to end before it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias, TypeVar

import structlog

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Observe, Read, Request, Settle
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import CallResult
from pointsman.fsm.redaction import kept_arguments, secrets, without_secrets
from pointsman.fsm.session import OpenCall, Session
from pointsman.tools.conversation import Conversation
from pointsman.tools.effects import LeftOpen, World, Write
from pointsman.tools.source import CallContext
from pointsman.tools.talk import Talk

from .catalogue import Served
from .clock import Clock
from .errors import StoreError

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_Key: TypeAlias = tuple[str, str, int]
_AGAIN_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)

Report: TypeAlias = Callable[[Session, Request, str], Awaitable[Decision]]
"""Tells the gate what has come of a call of this session, under this command identifier. No facts: it is known."""
Current: TypeAlias = Callable[[str], Awaitable[Session | None]]
"""Gives a session as it is committed now."""
Stored: TypeAlias = Callable[[Session, int], Awaitable[tuple[Json, list[Json] | None]]]
"""Gives the result in the fact of this revision, and its MCP content."""
Drive: TypeAlias = Callable[[Served, Session], None]
"""Sees to what a model is asked in this session."""
End: TypeAlias = tuple[Decision, CallResult]
"""What the gate decided of a call that ended, and how it ended."""
NOBODY_WAITS: Final[Mapping[str, Conversation]] = {}
TAKEN_OVER: Final = "Another server process had taken the call over before its outcome was known."
LEFT_OPEN: Final = "The server has ended before that was known; the next one finds out."


class Performer:
    """The calls this process runs."""

    def __init__(
        self, instance: str, report: Report, current: Current, stored: Stored, clock: Clock, drive: Drive
    ) -> None:
        self._instance = instance
        self._report = report
        self._current = current
        self._stored = stored
        self._clock = clock
        self._drive = drive
        self._running: dict[_Key, asyncio.Task[End]] = {}
        self._late: set[asyncio.Task[Decision]] = set()
        self._untold: set[_Key] = set()
        self._closing = asyncio.Event()
        self._closed = False

    def run_open(
        self,
        served: Served,
        session: Session,
        clear: Mapping[str, JsonObject],
        conversations: Mapping[str, Conversation] = NOBODY_WAITS,
    ) -> None:
        """Start every open call of the session that is this process's and does not run yet.

        `clear` holds the arguments, by call, that the session does not keep. A call that needs them and
        is not in there is left to whoever has the decision that opened it. `conversations` are those with
        whoever waits for a call, by calls. When this is closed nothing begins, because no outcome could be
        told: what is open is left to the next process.
        """
        if self._closed:
            return
        self._drive(served, session)
        for call in session.stay.open.values():
            key = (session.id, call.id, call.attempt)
            arguments = clear.get(call.id) if call.redacted else call.arguments
            if call.instance != self._instance or key in self._running or key in self._untold or arguments is None:
                continue
            talk = _talk(served.workflow.tools[call.tool], arguments, conversations.get(call.id))
            work = self._perform(served, session, replace(call, arguments=arguments), talk)
            task = asyncio.create_task(work, name=f"call {session.id} {call.id}")
            self._running[key] = task
            task.add_done_callback(partial(self._ended, key))

    def running(self, session: str, call: str) -> asyncio.Task[End] | None:
        """Give the task of a call that runs here."""
        return next(
            (task for (owner, name, _), task in self._running.items() if (owner, name) == (session, call)), None
        )

    def tasks(self) -> list[asyncio.Task[End]]:
        """Give what runs."""
        return list(self._running.values())

    async def read(
        self, served: Served, session: Session, read: Read, conversation: Conversation | None = None
    ) -> CallResult:
        """Run a read that the machine has permitted: to an agent, or to the server as evidence."""
        policy = served.workflow.tools[read.tool]
        talk = _talk(policy, read.arguments, conversation)
        context = CallContext(session=session.id, call=read.id, key=None, attempt=1, who=session.started_by, talk=talk)
        return await _called(served, read.tool, read.arguments, policy, context)

    async def aclose(self) -> None:
        """Wait for what runs. This ends: calls have a timeout, and an outcome that cannot be stored is given up."""
        self._closing.set()
        while self._running or self._late:
            await asyncio.wait([*self.tasks(), *self._late])
        self._closed = True

    def _ended(self, key: _Key, task: asyncio.Task[End]) -> None:
        self._running.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._untold.add(key)
            _log.error("outcome lost", session=key[0], call=key[1], exc_info=error)

    async def _perform(self, served: Served, session: Session, call: OpenCall, talk: Talk) -> End:
        try:
            result = await self._result(served, session, call, talk)
        except LeftOpen:
            self._untold.add((session.id, call.id, call.attempt))
            _log.warning("a write in doubt is left to the next process", session=session.id, call=call.id)
            return Decision(session), CallResult("unknown", error=LEFT_OPEN)
        decision = await self._tell(session, Settle(call.id, result), f"outcome:{call.id}")
        if decision.facts:
            return decision, result
        _log.warning("outcome came too late", session=session.id, call=call.id, tool=call.tool, outcome=result.outcome)
        return decision, CallResult("unknown", error=TAKEN_OVER, attempts=result.attempts)

    async def _result(self, served: Served, session: Session, call: OpenCall, talk: Talk) -> CallResult:
        """Run a call to its end, or give what the same write gave before."""
        if call.stored is not None:
            stored = partial(self._stored, session, call.stored)
            result, content = await self.patiently(stored, session, call.id)
            return CallResult("done", result, attempts=0, content=content)
        if call.effect == "write":
            return await self._written(served, session, call, talk)
        context = CallContext(session.id, call.id, None, call.attempt, session.started_by, talk)
        return await _called(served, call.tool, call.arguments, served.workflow.tools[call.tool], context)

    async def _written(self, served: Served, session: Session, call: OpenCall, talk: Talk) -> CallResult:
        """Make a write once, or find out what has become of it."""

        async def observed(read: Read, result: CallResult) -> None:
            await self._tell(session, Observe(read, result), read.id)

        def late(result: CallResult) -> None:
            task = asyncio.create_task(self._tell(session, Settle(call.id, result), f"late:{call.id}:{call.attempt}"))
            self._late.add(task)
            task.add_done_callback(partial(self._told_late, session, call))

        async def ours() -> bool:
            now = await self.patiently(partial(self._current, session.id), session, call.id)
            found = None if now is None else now.stay.open.get(call.id)
            return found is not None and (found.instance, found.attempt) == (self._instance, call.attempt)

        world = World(
            call=partial(_called, served),
            observed=observed,
            late=late,
            closing=self._closing,
            sleep=asyncio.sleep,
            clock=time.monotonic,
            talk=talk,
            ours=ours,
        )
        return await Write(world, served.workflow, session, call, self._clock.now_ms()).outcome()

    def _told_late(self, session: Session, call: OpenCall, task: asyncio.Task[Decision]) -> None:
        self._late.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("late outcome lost", session=session.id, call=call.id, exc_info=error)

    async def _tell(self, session: Session, request: Settle | Observe, command_id: str) -> Decision:
        return await self.patiently(partial(self._report, session, request, command_id), session, command_id)

    async def patiently(self, store: Callable[[], Awaitable[_T]], session: Session, what: str) -> _T:
        """Tell or read, and try again while the database is busy or full. When the process is to end, this ends.

        Raises:
            StoreError: when the process is to end, and the database is busy or full all the same.
        """
        failures = 0
        while True:
            try:
                return await store()
            except StoreError as error:
                if self._closing.is_set() and failures >= len(_AGAIN_S):
                    raise
                delay_s = _AGAIN_S[min(failures, len(_AGAIN_S) - 1)]
                failures += 1
                _log.warning(
                    "outcome not stored yet", session=session.id, command=what, error=str(error), again_s=delay_s
                )
                await asyncio.sleep(delay_s)


async def _called(
    served: Served, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext
) -> CallResult:
    """Call a tool. What it says of a failure is kept, so it does not repeat what is redacted."""
    hidden = secrets(arguments, kept_arguments(policy, arguments))

    def safe(result: CallResult) -> CallResult:
        return result if result.error is None else replace(result, error=without_secrets(result.error, hidden))

    on_late = context.on_late
    if on_late is not None:

        def late(result: CallResult) -> None:
            on_late(safe(result))

        context = replace(context, on_late=late)
    return safe(await served.sources.call(tool, arguments, policy, context))


def _talk(policy: ToolPolicy, arguments: JsonObject, conversation: Conversation | None) -> Talk:
    """Let a call speak with whoever waits for it. What it asks is written down without what is redacted."""
    hidden = secrets(arguments, kept_arguments(policy, arguments))
    return Talk(conversation, lambda text: without_secrets(text, hidden))

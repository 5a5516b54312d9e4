"""Runs what sessions hold open, and reports how it ended through the same gate.

Every open call of this process has one task here. A task is never cancelled with the request that
caused it: a client that goes away does not cut off a write. The outcome of a call is never dropped
while the process serves: when the database is busy or full, telling it is tried again. A call whose
outcome could not be told for another reason may have happened, so it is never run a second time
here: it stays open, and is taken over when this process has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

import structlog

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Read, Settle
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import CallResult
from pointsman.fsm.redaction import kept_arguments, secrets, without_secrets
from pointsman.fsm.session import OpenCall, Session
from pointsman.tools.conversation import Conversation
from pointsman.tools.source import CallContext
from pointsman.tools.talk import Talk

from .catalogue import Served
from .errors import StoreError

_log = structlog.get_logger(__name__)
_Key: TypeAlias = tuple[str, str, int]
_AGAIN_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)

Report: TypeAlias = Callable[[Session, Settle, str], Awaitable[Decision]]
"""Tells the gate how a call of this session ended, under this command identifier. No facts: it was settled before."""
End: TypeAlias = tuple[Decision, CallResult]
"""What the gate decided of a call that ended, and how it ended."""
NOBODY_WAITS: Final[Mapping[str, Conversation]] = {}
TAKEN_OVER: Final = "Another server process had taken the call over before its outcome was known."


class Performer:
    """The calls this process runs."""

    def __init__(self, instance: str, report: Report) -> None:
        self._instance = instance
        self._report = report
        self._running: dict[_Key, asyncio.Task[End]] = {}
        self._untold: set[_Key] = set()
        self._closing = False

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
        whoever waits for a call, by calls.
        """
        for call in session.stay.open.values():
            key = (session.id, call.id, call.attempt)
            arguments = clear.get(call.id) if call.redacted else call.arguments
            if call.instance != self._instance or key in self._running or key in self._untold or arguments is None:
                continue
            talk = Talk(conversations.get(call.id))
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
        """Run a read that the machine has permitted to an agent."""
        talk = Talk(conversation)
        context = CallContext(session=session.id, call=read.id, key=None, attempt=1, who=session.started_by, talk=talk)
        return await _called(served, read.tool, read.arguments, context)

    async def aclose(self) -> None:
        """Wait for what runs. This ends: calls have a timeout, and an outcome that cannot be stored is given up."""
        self._closing = True
        while self._running:
            await asyncio.wait(self.tasks())

    def _ended(self, key: _Key, task: asyncio.Task[End]) -> None:
        self._running.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._untold.add(key)
            _log.error("outcome lost", session=key[0], call=key[1], exc_info=error)

    async def _perform(self, served: Served, session: Session, call: OpenCall, talk: Talk) -> End:
        context = CallContext(
            session=session.id, call=call.id, key=call.key, attempt=call.attempt, who=session.started_by, talk=talk
        )
        result = await _called(served, call.tool, call.arguments, context)
        decision = await self._tell(session, call, result)
        if decision.facts:
            return decision, result
        _log.warning("outcome came too late", session=session.id, call=call.id, tool=call.tool, outcome=result.outcome)
        return decision, CallResult("unknown", error=TAKEN_OVER, attempts=result.attempts)

    async def _tell(self, session: Session, call: OpenCall, result: CallResult) -> Decision:
        failures = 0
        while True:
            try:
                return await self._report(session, Settle(call.id, result), f"outcome:{call.id}")
            except StoreError as error:
                if self._closing and failures >= len(_AGAIN_S):
                    raise
                delay_s = _AGAIN_S[min(failures, len(_AGAIN_S) - 1)]
                failures += 1
                _log.warning(
                    "outcome not stored yet", session=session.id, call=call.id, error=str(error), again_s=delay_s
                )
                await asyncio.sleep(delay_s)


async def _called(served: Served, tool: str, arguments: JsonObject, context: CallContext) -> CallResult:
    """Call a tool. What it says of a failure and what it asks is kept, so it does not repeat what is redacted."""
    policy = served.workflow.tools[tool]
    result = await served.sources.call(tool, arguments, policy, context)
    if result.error is None and not result.asked:
        return result
    hidden = secrets(arguments, kept_arguments(policy, arguments))
    asked = [replace(one, message=without_secrets(one.message, hidden)) for one in result.asked]
    error = None if result.error is None else without_secrets(result.error, hidden)
    return replace(result, error=error, asked=asked)

"""Runs what sessions hold open, and reports how it ended through the same gate.

Every open call of this process has one task here. A task is never cancelled with the request that
caused it: a client that goes away does not cut off a write. The outcome of a call is never dropped
while the process lives: when the database is busy or full, telling it is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Read, Settle
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import OpenCall, Session
from pointsman.tools.source import CallContext

from .errors import StoreError
from .library import Served

_log = structlog.get_logger(__name__)
_AGAIN_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)

Report = Callable[[Session, Settle, str], Awaitable[bool]]
"""Tells the gate how a call of this session ended, under this command identifier; False where it was settled before."""
TAKEN_OVER: Final = "Another server process had taken the call over before its outcome was known."


class Performer:
    """The calls this process runs."""

    def __init__(self, instance: str, report: Report) -> None:
        self._instance = instance
        self._report = report
        self._running: dict[tuple[str, str, int], asyncio.Task[CallResult]] = {}

    def run_open(self, served: Served, session: Session) -> None:
        """Start every open call of the session that is this process's and does not run yet."""
        for call in session.stay.open.values():
            key = (session.id, call.id, call.attempt)
            if call.instance == self._instance and key not in self._running:
                task = asyncio.create_task(self._perform(served, session, call), name=f"call {session.id} {call.id}")
                self._running[key] = task
                task.add_done_callback(partial(self._ended, key))

    def running(self, session: str, call: str) -> asyncio.Task[CallResult] | None:
        """Give the task of a call that runs here."""
        return next(
            (task for (owner, name, _), task in self._running.items() if (owner, name) == (session, call)), None
        )

    def tasks(self) -> list[asyncio.Task[CallResult]]:
        """Give what runs."""
        return list(self._running.values())

    async def read(self, served: Served, session: Session, read: Read) -> CallResult:
        """Run a read that the machine has permitted to an agent."""
        context = CallContext(session=session.id, call=read.id, key=None, attempt=1, who=session.started_by)
        return await served.sources.call(read.tool, read.arguments, _policy(served, read.tool), context)

    async def aclose(self) -> None:
        """Wait for what runs. Every call has a timeout, so this ends."""
        while self._running:
            await asyncio.wait(self.tasks())

    def _ended(self, key: tuple[str, str, int], _task: asyncio.Task[CallResult]) -> None:
        self._running.pop(key, None)

    async def _perform(self, served: Served, session: Session, call: OpenCall) -> CallResult:
        context = CallContext(
            session=session.id, call=call.id, key=call.key, attempt=call.attempt, who=session.started_by
        )
        result = await served.sources.call(call.tool, call.arguments, _policy(served, call.tool), context)
        if await self._tell(session, call, result):
            return result
        _log.warning("outcome came too late", session=session.id, call=call.id, tool=call.tool, outcome=result.outcome)
        return CallResult("unknown", error=TAKEN_OVER, attempts=result.attempts)

    async def _tell(self, session: Session, call: OpenCall, result: CallResult) -> bool:
        failures = 0
        while True:
            try:
                settled = await self._report(session, Settle(call.id, result), f"outcome:{call.id}")
            except StoreError as error:
                delay_s = _AGAIN_S[min(failures, len(_AGAIN_S) - 1)]
                failures += 1
                _log.warning(
                    "outcome not stored yet", session=session.id, call=call.id, error=str(error), again_s=delay_s
                )
                await asyncio.sleep(delay_s)
            else:
                return settled


def _policy(served: Served, tool: str) -> ToolPolicy:
    return served.workflow.tools[tool]

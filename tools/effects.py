"""Makes a write happen once: from its intent, which is committed, to an outcome that is known, or to `unknown`.

| how a try ended | what follows |
|---|---|
| done | done |
| nothing was sent, or it was refused by who is certain | failed |
| in doubt, and the downstream takes our key | called again with the same key |
| in doubt, and it can be asked (`reconcile`) | done, or called again if that refutes it, or failed in the end |
| in doubt, and neither | unknown |

A try is in doubt after an error, a broken connection, a timeout and a crash. Where both ways are there, the server
asks before it calls again. A refutation is believed only when the write cannot be under way any more: when it was
answered, or when its connection broke and its timeout has passed. A write that timed out and was never answered, or
that a process has sent which only stands still, may be under way for ever; it is asked about, and never called again
without a key. That nothing was sent in a later try, or
that a later one was refused, says nothing of the tries before.

Nothing is stored from here: whoever makes a write has committed its intent, and commits each answer of `reconcile`,
and the outcome, before anything else is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from pointsman.contracts.bounds import RETRY_WAIT_MS
from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Reconcile, ToolPolicy, Workflow
from pointsman.fsm.commands import Read, reconcile_prefix
from pointsman.fsm.facts import CallResult
from pointsman.fsm.redaction import kept_arguments, kept_result
from pointsman.fsm.scope import SessionScope
from pointsman.fsm.session import OpenCall, Session

from .clocks import MonotonicClock, Sleep
from .source import CallContext
from .talk import Talk

CallTool: TypeAlias = Callable[[str, JsonObject, ToolPolicy, CallContext], Awaitable[CallResult]]
"""Calls a tool of a source."""
Observed: TypeAlias = Callable[[Read, CallResult], Awaitable[None]]
"""Is told what `reconcile` has answered, before anything is done about it."""
Ours: TypeAlias = Callable[[], Awaitable[bool]]
"""Says whether the write is still this process's to make: one that stood still may find that another has taken over."""
Late: TypeAlias = Callable[[CallResult], None]
"""Is told how a write ended that had been given up as unknown."""


class LeftOpen(Exception):
    """The process ends while the write is in doubt. It stays open, and the next process finds out."""


@dataclass(frozen=True, slots=True)
class World:
    """What a write needs of the outside.

    `closing` is set when the process is to end; `sleep` waits and `clock` tells the time, both in seconds.
    `talk` is with whoever waits for the write. `ours` is asked right before it is sent.
    """

    call: CallTool
    observed: Observed
    late: Late
    closing: asyncio.Event
    sleep: Sleep
    clock: MonotonicClock
    talk: Talk = field(default_factory=Talk)
    ours: Ours | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known of a write in doubt: it has happened, it has not, or (None) nobody knows."""

    happened: bool | None
    result: Json = None
    content: list[Json] | None = None
    reconciled: bool = True


class Write:
    """One write of a session.

    Args:
        world: What it needs of the outside.
        workflow: The session's workflow.
        session: The session when the write was opened. Expressions see it.
        call: The open call, with the arguments it runs with.
        at: The moment at which expressions see it, in milliseconds since the epoch.
    """

    def __init__(self, world: World, workflow: Workflow, session: Session, call: OpenCall, at: int) -> None:
        self._world = world
        self._workflow = workflow
        self._session = session
        self._call = call
        self._at = at
        self._policy = workflow.tools[call.tool]
        self._doubt = call.doubt
        self._left = self._policy.tries - 1
        self._waited = 0
        self._tries = 0
        self._asked = 0
        self._doubtful = 0 if call.doubt is None else 1
        self._unanswered = 1 if call.unanswered else 0
        self._over_s = world.clock() + (0 if call.doubt is None else self._timeout_s)
        self._late: asyncio.Future[CallResult] = asyncio.get_running_loop().create_future()
        self._given_up = False

    async def outcome(self) -> CallResult:
        """Make the write, and find out what has become of it.

        Raises:
            LeftOpen: the process ends before that is known, and the next one can find out.
        """
        started_s = self._world.clock()
        end = await self._try() if self._doubt is None else CallResult("unknown", error=self._doubt)
        while end.outcome == "unknown" and self._policy.resolves_doubt:
            self._doubt = self._doubt or end.error
            answer = await self._find_out()
            if answer.happened:
                end = CallResult("done", answer.result, content=answer.content, reconciled=answer.reconciled)
            elif self._left == 0:
                end = _refuted(end) if answer.happened is False else end
                break
            else:
                end = await self._go_on(end, refuted=answer.happened is False)
        self._given_up = True
        doubt = None if end.outcome == "unknown" else self._doubt
        duration_ms = round((self._world.clock() - started_s) * 1000)
        said = replace(end, attempts=self._tries, duration_ms=duration_ms, doubt=doubt)
        return replace(said, asked=[*self._world.talk.asked], unanswered=self._unanswered > 0, cut_off=False)

    async def _go_on(self, end: CallResult, *, refuted: bool) -> CallResult:
        """Wait, and call it again where that cannot make it twice; elsewhere it is only asked about again."""
        self._left -= 1
        await self._pause(min(self._policy.retry.backoff_ms * 2**self._waited, RETRY_WAIT_MS) / 1000)
        self._waited += 1
        if not (refuted or self._policy.takes_key) or self._late.done():
            return end
        again = await self._try()
        return replace(again, outcome="unknown") if again.outcome == "failed" and not refuted else again

    async def _try(self) -> CallResult:
        """Call the tool once; more often only where nothing was sent."""
        call, policy = self._call, self._policy
        context = CallContext(
            session=self._session.id,
            call=call.id,
            key=None if policy.key == "none" else call.key,
            attempt=call.attempt + self._tries,
            who=self._session.started_by,
            talk=self._world.talk,
            on_late=self._ended_late,
            ours=self._world.ours,
        )
        argument = policy.key_name("argument")
        arguments = call.arguments if argument is None else {**call.arguments, argument: call.key}
        tries = replace(policy, retry=replace(policy.retry, attempts=self._left + 1))
        end = await self._world.call(call.tool, arguments, tries, context)
        self._tries += end.attempts
        self._left -= max(end.attempts - 1, 0)
        self._doubtful += end.outcome == "unknown"
        self._unanswered += end.unanswered
        if end.cut_off:
            self._over_s = self._world.clock() + self._timeout_s
        return end

    async def _find_out(self) -> _Answer:
        """Ask what has become of the write.

        That it has not happened is believed when it could not be under way any more before that was asked.
        """
        answer = _Answer(happened=None)
        while not self._late.done():
            over = not self._unanswered and self._world.clock() >= self._over_s
            answer = await self._ask()
            if answer.happened is not False or over or self._late.done():
                break
            if self._unanswered:
                answer = _Answer(happened=None)
                break
            await self._pause(max(self._over_s - self._world.clock(), 0))
        if not answer.happened and self._late.done():
            late = self._late.result()
            return _Answer(happened=True, result=late.result, content=late.content, reconciled=False)
        return answer

    async def _ask(self) -> _Answer:
        reconcile = self._policy.reconcile
        if reconcile is None:
            return _Answer(happened=None)
        policy = self._workflow.tools[reconcile.call]
        try:
            arguments = reconcile.arguments.render(self._scope(args=self._call.arguments))
        except EvaluationError:
            return _Answer(happened=None)
        self._asked += 1
        number = f"{reconcile_prefix(self._call.id)}{self._call.attempt}.{self._asked}"
        stay = self._session.stay.number
        read = Read(number, reconcile.call, arguments, stay, self._session.revision, "reconcile")
        context = CallContext(session=self._session.id, call=number, key=None, attempt=1, who=self._session.started_by)
        result = await self._world.call(read.tool, arguments, policy, context)
        await self._world.observed(read, result)
        return self._judged(reconcile, policy, kept_arguments(policy, arguments), result)

    def _judged(self, reconcile: Reconcile, policy: ToolPolicy, arguments: JsonObject, result: CallResult) -> _Answer:
        """Say what an answer means; what counts as one is judged as it is for the record."""
        seen = self._scope(args=arguments, result=result.result)
        counts = policy.success is None or policy.success.judge(seen).passed
        if result.outcome != "done" or not counts:
            return _Answer(happened=None)
        verdict = reconcile.happened.judge(self._scope(args=self._call.arguments, result=result.result))
        if verdict.error is not None:
            return _Answer(happened=None)
        return _Answer(verdict.passed, kept_result(policy, result.result))

    def _scope(self, **extra: Json) -> SessionScope:
        return SessionScope(self._workflow, self._session, self._at, extra)

    async def _pause(self, wait_s: float) -> None:
        """Wait, no longer than until the write is answered after all.

        Raises:
            LeftOpen: the process is to end.
        """
        slept = asyncio.ensure_future(self._world.sleep(wait_s))
        closing = asyncio.ensure_future(self._world.closing.wait())
        waits: set[asyncio.Future[Any]] = {slept, closing, self._late}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            slept.cancel()
            closing.cancel()
        if self._world.closing.is_set() and not self._late.done():
            raise LeftOpen

    def _ended_late(self, result: CallResult) -> None:
        """A try has ended that nobody waited for any more. That one has failed says nothing of the others."""
        self._unanswered -= 1
        if self._given_up:
            if result.outcome == "done" or (result.outcome == "failed" and self._doubtful == 1):
                self._world.late(result)
        elif result.outcome == "done" and not self._late.done():
            self._late.set_result(result)

    @property
    def _timeout_s(self) -> float:
        return self._policy.timeout_ms / 1000


def _refuted(end: CallResult) -> CallResult:
    return replace(end, outcome="failed", error=f"{end.error or 'It was in doubt.'} It was asked: it has not happened.")

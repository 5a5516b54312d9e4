"""Runs a call by its policy: timeouts, retries, and what its end means.

| end | read | write |
|---|---|---|
| returned | done | done |
| `NotReached` | failed, retried | failed, retried: nothing was sent |
| `NothingDone` otherwise | failed, not retried | failed |
| `ToolError` otherwise | failed, retried | unknown: it was answered |
| `ConnectionLost`, any other exception | failed, retried | unknown: it was not answered, and may be under way |
| timeout | failed, retried | unknown, or failed if it never began |
| its rate leaves no turn | failed, not retried | failed: nothing was sent |
| result that cannot be kept | failed, not retried | unknown: it ran |
| the source was closed | failed | unknown, or failed if it never began |

What may be done about a write in doubt is decided in `effects`, which is also told how a write ended after its
timeout, or after its caller was gone. What ends so late is logged.
While a person is asked on a call's behalf, its time stands still.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import structlog

from pointsman.contracts.bounds import RETRY_WAIT_MS, TOOL_MESSAGE_CHARACTERS
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import CallOutcome

from .clocks import MonotonicClock, Sleep
from .conversation import ended_within
from .errors import ConnectionLost, NothingDone, NotReached, ToolError, UnkeepableResult
from .rates import Rates
from .results import Answer
from .running import Running
from .source import CallContext

Begin: TypeAlias = Callable[[int], Running]
"""Begins a try; it is given the number of the attempt, for the call's context."""

IN_DOUBT: Final = "Whether it happened is not known."

_NOTHING: Final = Answer(None)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _End:
    """How a try ended; `again` says that another try may end otherwise."""

    outcome: CallOutcome
    answer: Answer = _NOTHING
    error: str | None = None
    again: bool = False
    unanswered: bool = False
    cut_off: bool = False
    again_ms: int = 0


class Calls:
    """The calls that run in one source."""

    def __init__(self, rates: Rates, sleep: Sleep, clock: MonotonicClock) -> None:
        self._rates = rates
        self._sleep = sleep
        self._clock = clock
        self._running: set[Running] = set()
        self._stopped = False

    async def run(self, begin: Begin, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Run a call to its end: once, or as often as the policy allows while another try cannot make it twice.

        When the caller is cancelled a read is given up, and a write that has begun goes on: the
        caller's own record says that it is open, and the log says how it ended.
        """
        started_s = self._clock()
        tries = policy.retry.attempts
        attempt = 1
        while (end := await self._try(begin, policy, context, attempt)).again and attempt < tries:
            if context.talk.asked:
                break  # a person who has answered is not asked the same again
            wait_ms = max(policy.retry.backoff_ms * 2 ** (attempt - 1), end.again_ms)
            await self._sleep(min(wait_ms, RETRY_WAIT_MS) / 1000)
            attempt += 1
        duration_ms = round((self._clock() - started_s) * 1000)
        said = CallResult(end.outcome, end.answer.result, end.error, attempt, duration_ms, end.answer.content)
        return replace(said, asked=[*context.talk.asked], unanswered=end.unanswered, cut_off=end.cut_off)

    def stop(self) -> None:
        """Give up all that runs; nothing begins any more."""
        self._stopped = True
        for running in tuple(self._running):
            running.stop()

    async def _try(self, begin: Begin, policy: ToolPolicy, context: CallContext, attempt: int) -> _End:
        if not await self._rates.turn(policy):
            return _End("failed", error=_no_turn(policy))
        try:
            await context.require_ours()
        except NothingDone as taken:
            return _raised(taken, policy, context)
        if self._stopped:
            return _cut_off(policy, never_began=True)
        running = begin(context.attempt + attempt - 1)
        self._running.add(running)
        running.end.add_done_callback(lambda _: self._running.discard(running))
        try:
            done = await ended_within(running.end, policy.timeout_ms / 1000, context.talk.conversation)
        except asyncio.CancelledError:
            if not running.withdraw():
                self._leave(running, policy, context)
            raise
        if not done:
            if running.withdraw():
                message = f"{policy.name} did not begin within {policy.timeout_ms} ms. Nothing was done."
                return _End("failed", error=message)
            self._leave(running, policy, context)
            return _timed_out(policy)
        if running.end.cancelled():
            return _cut_off(policy, never_began=running.withdraw())
        error = running.end.exception()
        if error is None:
            return _End("done", running.end.result())
        return _raised(error, policy, context)

    def _leave(self, running: Running, policy: ToolPolicy, context: CallContext) -> None:
        """Stop waiting: a read is given up, a write goes on to its end."""

        def late(error: BaseException | None, answer: Answer | None) -> None:
            ended = type(error).__name__ if error else "returned"
            _log.warning("call ended late", tool=policy.name, session=context.session, call=context.call, ended=ended)
            if context.on_late is not None:
                end = _End("done", answer or _NOTHING) if error is None else _raised(error, policy, context)
                context.on_late(CallResult(end.outcome, end.answer.result, end.error, content=end.answer.content))

        running.leave(late)
        if policy.effect == "read":
            running.stop()


def _no_turn(policy: ToolPolicy) -> str:
    return f"{policy.name} was not called: by its rate no turn comes within {policy.timeout_ms} ms."


def _timed_out(policy: ToolPolicy) -> _End:
    message = f"{policy.name} did not answer within {policy.timeout_ms} ms."
    return replace(_in_doubt(policy, message), unanswered=policy.effect == "write")


def _cut_off(policy: ToolPolicy, *, never_began: bool) -> _End:
    if never_began:
        return _End("failed", error=f"{policy.name} did not begin: the server is stopping.")
    return replace(_in_doubt(policy, f"{policy.name} was cut off."), again=False, cut_off=True)


def _raised(error: BaseException, policy: ToolPolicy, context: CallContext) -> _End:
    if isinstance(error, NothingDone):
        return _End("failed", error=_safe(error), again=isinstance(error, NotReached))
    if isinstance(error, ToolError):
        lost = isinstance(error, ConnectionLost)
        return replace(_ended(policy, _safe(error)), cut_off=lost, again_ms=error.again_ms)
    if isinstance(error, UnkeepableResult):
        message = f"{policy.name} ran, but its result cannot be kept: {error}."
        return replace(_ended(policy, message), again=False)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error(
        "tool raised",
        tool=policy.name,
        session=context.session,
        call=context.call,
        raised=type(error).__name__,
        where=where[-5:],
    )
    end = _in_doubt(policy, f"{policy.name} failed with {type(error).__name__}.")
    return replace(end, cut_off=policy.effect == "write")  # what it had begun elsewhere may go on


def _in_doubt(policy: ToolPolicy, message: str) -> _End:
    return _ended(policy, f"{message} {IN_DOUBT}" if policy.effect == "write" else message)


def _ended(policy: ToolPolicy, message: str) -> _End:
    """How a call ended that gave nothing: a read has failed and may be tried again; of a write nobody knows."""
    return _End("unknown", error=message) if policy.effect == "write" else _End("failed", error=message, again=True)


def _safe(error: ToolError) -> str:
    """What the tool's author says, as text that can be stored."""
    return str(error)[:TOOL_MESSAGE_CHARACTERS].encode("utf-8", "replace").decode()

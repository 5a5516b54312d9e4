"""What happens by itself: calls end, the processes that ran them die, timers are due.

A command of this kind that no longer fits (the call is settled, the timer is gone) is answered
with the session as it is, and leaves no row: it says nothing new.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pointsman.contracts.workflow import AgentState

from . import driving
from .agents import agent_writes
from .agreeing import conclude
from .approvals import definition_digest
from .calls import indexed_at_end, judged, voided
from .commands import Expire, Settle, TakeOver
from .decision import Decision
from .effects import can_be_resolved, unknown_effect
from .evidence import voids
from .facts import CallResult, Intended, Settled, TimerFired
from .flow import advance, move_by
from .refusals import unmet_values
from .session import Leaving, OpenCall, Timer
from .spent_limit import SpentLimit
from .steps import Writes, settle_step
from .turn import Turn, UndecidableError, passes

SERVER_DIED: Final = "the server ended between intent and outcome, so nobody knows whether it happened"
NOT_KEPT: Final = "the server ended while it ran, and it cannot be run again: its arguments are not kept"
NOT_AS_APPROVED: Final = (
    "the server ended while it ran, and it is not run again: the tool is not defined as it was approved"
)


def settle(turn: Turn, request: Settle) -> Decision:
    """Record how an open call ended, and go on."""
    call = turn.stay.open.get(request.call)
    if call is None:
        return _settle_late(turn, request)
    if call.instance != turn.command.instance:
        return turn.answer()
    return _settle(turn, call, request.result)


def _settle_late(turn: Turn, request: Settle) -> Decision:
    """Record how a write ended after all that was settled as unknown. It moves nothing any more."""
    effect = unknown_effect(turn, request.call)
    if effect is None:
        return turn.answer()
    result = judged(turn, effect.tool, {}, request.result)
    alone = effect.attempt == 1  # another process may have made it
    if result.outcome == "done" or (result.outcome == "failed" and alone):
        turn.emit(
            "settled",
            Settled(
                call=effect.call,
                tool=effect.tool,
                purpose="late",
                stay=turn.stay.number,
                result=result.result,
                error=result.error,
                attempts=result.attempts,
                voids=voids(turn.workflow, effect.tool),
            ),
            action=effect.tool,
            outcome=result.outcome,
            duration_ms=result.duration_ms,
        )
    return turn.answer()


def take_over(turn: Turn, request: TakeOver) -> Decision:
    """Take an open call over from a process that is gone.

    A read runs again. So does a write whose downstream takes its key or can be asked, in doubt; any other is unknown.
    What ran with arguments that the process alone had cannot be run again; nor can a call that was approved of a
    tool which is defined otherwise now.
    """
    if turn.stay.turn is not None and request.call == turn.stay.turn.name:
        return driving.take_over(turn, request.instance)
    call = turn.stay.open.get(request.call)
    if call is None or call.instance != request.instance:
        return turn.answer()
    writes = call.effect == "write" and call.stored is None
    if writes and not _can_be_resolved(turn, call):
        return _settle(turn, call, CallResult("unknown", error=SERVER_DIED, attempts=call.attempt))
    if call.redacted and not writes:
        return _settle(turn, call, CallResult("failed", error=NOT_KEPT, attempts=call.attempt))
    if not _is_as_approved(turn, call):
        return _settle(turn, call, CallResult("failed", error=NOT_AS_APPROVED, attempts=call.attempt))
    again = replace(call, instance=turn.command.instance, opened_at=turn.command.at, attempt=call.attempt + 1)
    if writes:
        again = replace(again, doubt=SERVER_DIED, unanswered=call.unanswered or request.stands)
    turn.emit("intended", Intended(again, voided(turn, call)), action=call.tool)
    return turn.answer()


def _can_be_resolved(turn: Turn, call: OpenCall) -> bool:
    """Whether a write that is taken over is settled from here. One that was made without a key never had one."""
    policy = turn.workflow.tools[call.tool]
    return call.key is not None and can_be_resolved(policy, call.redacted) and _is_as_approved(turn, call)


def _is_as_approved(turn: Turn, call: OpenCall) -> bool:
    """Whether the tool of an approved call is still there, defined as it was when a person approved it."""
    if call.approval is None or call.stored is not None:
        return True
    defined = definition_digest(turn.workflow, call.tool)
    return defined is not None and turn.stay.approvals[call.approval].definition == defined


def _settle(turn: Turn, call: OpenCall, result: CallResult) -> Decision:
    state = turn.state
    if call.stored is None:  # what was stored has been judged, as what it was
        result = judged(turn, call.tool, call.arguments, result)
    if call.purpose != "agent":
        settle_step(turn, state, call, result)
        conclude(turn)
    else:
        _settle_for_agent(turn, call, result)
    advance(turn)
    _fire_overdue(turn)
    return turn.answer()


def _settle_for_agent(turn: Turn, call: OpenCall, result: CallResult) -> None:
    """Settle a write an agent asked. One that stays unknown moves the session when no other is open."""
    state = turn.state
    writes = Writes({})
    if isinstance(state, AgentState) and result.outcome == "done":
        writes = agent_writes(turn, state, call.tool, call.arguments, result.result)
    turn.emit(
        "settled",
        Settled(
            call=call.id,
            tool=call.tool,
            purpose="agent",
            stay=turn.stay.number,
            result=result.result,
            error=result.error or writes.error,
            attempts=result.attempts,
            step="unknown" if result.outcome == "unknown" and state.unknown is not None else None,
            remember=call.tool in turn.workflow.remembered,
            writes=writes.values,
            unmet=unmet_values(writes.unmet),
            indexed=indexed_at_end(turn, call, result),
            voids=voided(turn, call),
            content=result.content,
            asked=result.asked,
            doubt=result.doubt,
            reconciled=result.reconciled,
            unanswered=result.outcome == "unknown" and result.unanswered,
        ),
        action=call.tool,
        outcome=result.outcome,
        code="INVALID_FIELDS" if writes.error else None,
        duration_ms=result.duration_ms,
    )


def expire(turn: Turn, request: Expire) -> Decision:
    """Let a timer that is due act. One that an open write holds up acts when the write is settled."""
    timer = turn.stay.timers.get(request.timer) or turn.session.timers.get(request.timer)
    if timer is None or timer.at > turn.command.at or turn.session.ended is not None:
        return turn.answer()
    if turn.session.open_write is None or timer.kind == "approval":  # which moves nothing
        _fire(turn, request.timer, timer)
    return turn.answer()


def _fire_overdue(turn: Turn) -> None:
    """Fire what became due while a write was open, the earliest first, until the session has moved."""
    stay = turn.stay.number
    timers = sorted({**turn.session.timers, **turn.stay.timers}.items(), key=lambda item: (item[1].at, item[0]))
    for name, timer in timers:
        moved = turn.stay.number != stay or turn.stay.leaving is not None
        free = turn.session.ended is None and turn.session.open_write is None and not moved
        if free and timer.at <= turn.command.at and timer.kind != "continue":
            _fire(turn, name, timer)


def _fire(turn: Turn, name: str, timer: Timer) -> None:
    match timer.kind:
        case "continue":
            _fired(turn, name, TimerFired(name, "continued"))
            advance(turn)
        case "approval":
            _fired(turn, name, TimerFired(name, "lapsed"))
        case "remind":
            _fired(turn, name, TimerFired(name, "reminded"))
        case "duration":
            _move(turn, name, _out_of_time(turn, name, timer))
        case "due":
            _move(turn, name, Leaving(timer.to, "due"))
        case _:
            after = turn.state.after[timer.index]
            try:
                passed, error = passes(after.when, turn.scope()), None
            except UndecidableError as undecidable:
                passed, error = False, str(undecidable)
            if passed:
                _move(turn, name, Leaving(timer.to, "after"))
            else:
                _fired(turn, name, TimerFired(name, "held", error))


def _out_of_time(turn: Turn, name: str, timer: Timer) -> Leaving:
    """Give the way on where a state, or the whole session, has lasted too long."""
    of_session = name in turn.session.timers
    rules = turn.workflow.limits if of_session else turn.state.limits
    spent = SpentLimit("duration", rules[timer.index].amount)
    return Leaving(timer.to, "duration", f"duration.{timer.index}" if of_session else None, spent=spent)


def _move(turn: Turn, name: str, leaving: Leaving) -> None:
    _fired(turn, name, TimerFired(name, "moved"))
    move_by(turn, leaving)


def _fired(turn: Turn, name: str, body: TimerFired) -> None:
    turn.emit("timer", body, action=name, outcome=body.effect)

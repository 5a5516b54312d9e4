"""Playing a script: one step after the other, each held to what the script expects of it.

The first step that comes out otherwise ends the play: whatever follows would only be confusing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pointsman.contracts.document.part import duration_ms
from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.values import Json, JsonObject, canonical, settled
from pointsman.fsm.session import Session

from ..audit.chain import AuditRow
from ..store.rows import body_of
from .agent import Agent
from .script import AdvanceStep, CallStep, DecideStep, DeliverStep, Script
from .stage import Stage
from .values import ScriptScope, rendered

Who: TypeAlias = Literal["agent", "person", "outside", "clock"]
AnyStep: TypeAlias = CallStep | DecideStep | DeliverStep | AdvanceStep


@dataclass(frozen=True, slots=True)
class Scene:
    """One step that was played.

    `outcome` is that of the reply, or the refusal's code. `entered` are the states the session has
    entered since the step before, `session` is where it rests now. `troubles` are calls of the server's
    own that did not succeed. `fault` says what came out otherwise than the script says.
    """

    number: int
    who: Who
    name: str
    action: str
    outcome: str
    message: str
    unmet: tuple[str, ...]
    troubles: tuple[str, ...]
    entered: tuple[str, ...]
    session: Session
    allowed: tuple[str, ...]
    fault: str | None


class Watcher(Protocol):
    """Who looks on while a script is played."""

    def scene(self, scene: Scene) -> None:
        """See a step that was just played; number 0 is the start."""
        ...


@dataclass(frozen=True, slots=True)
class Played:
    """A script that was played to its end, or to its first fault. `session` is None where none was started."""

    session: Session | None
    faults: tuple[str, ...]


class Player:
    """Plays one script with one agent on one stage."""

    def __init__(self, agent: Agent, stage: Stage, watcher: Watcher) -> None:
        self._agent = agent
        self._stage = stage
        self._watcher = watcher
        self._last: JsonObject = {}

    async def play(self, script: Script) -> Played:
        """Play a script from its start to its end."""
        try:
            start = rendered(script.start, ScriptScope({}, {}))
        except EvaluationError as error:
            return Played(None, (f"The start: {error}.",))
        self._last = await self._agent.start(self._stage.workflow.name, start)
        handle = self._last.get("session")
        if not isinstance(handle, str):
            return Played(
                None, (f"The session did not start: {_outcome(self._last)}. {_message(self._last)}".rstrip(),)
            )
        session = await self._stage.session(handle)
        await self._show(0, ("agent", "agent", f"start_{session.workflow}"), 0, session, None)
        for number, step in enumerate(script.steps, start=1):
            try:
                await self._do(step, session)
            except EvaluationError as error:
                return Played(session, (f"Step {number}: {error}.",))
            before, session = session, await self._stage.session(session.id)
            fault = _fault(step, self._last, session)
            await self._show(number, _cast(step), before.revision, session, fault)
            if fault is not None:
                return Played(session, (f"Step {number}, {_cast(step)[2]}: {fault}",))
        return Played(session, tuple(_faults_at_the_end(script, session)))

    async def _do(self, step: AnyStep, session: Session) -> None:
        """Do what a step says; the reply is kept as `last`."""
        if isinstance(step, AdvanceStep):
            await self._stage.advance(session, duration_ms(step.advance))
            self._last = {"outcome": "done"}
            return
        arguments = rendered(step.values, ScriptScope(session.record, self._last))
        match step:
            case CallStep():
                self._last = await self._agent.act(step.call, arguments)
            case DecideStep():
                if step.rationale is not None:
                    arguments["rationale"] = step.rationale
                self._last = await self._stage.decide(session, step.person, step.decide, arguments, step.approval)
            case DeliverStep():
                self._last = await self._stage.deliver(session, step.deliver, arguments)

    async def _show(
        self, number: int, cast: tuple[Who, str, str], after_revision: int, session: Session, fault: str | None
    ) -> None:
        rows = await self._stage.rows(session.id, after_revision)
        self._watcher.scene(
            Scene(
                number=number,
                who=cast[0],
                name=cast[1],
                action=cast[2],
                outcome=_outcome(self._last),
                message=_message(self._last),
                unmet=_unmet(self._last),
                troubles=tuple(_troubles(rows)),
                entered=tuple(row.state_after for row in rows if row.kind == "entered" and row.state_after is not None),
                session=session,
                allowed=_names(self._last.get("allowed")),
                fault=fault,
            )
        )


def _cast(step: AnyStep) -> tuple[Who, str, str]:
    """Say who acts in a step, by kind and name, and what they do."""
    match step:
        case CallStep():
            return "agent", "agent", step.call
        case DecideStep():
            return "person", step.person, step.decide
        case DeliverStep():
            return "outside", "outside", step.deliver
        case AdvanceStep():
            return "clock", "time", f"+{step.advance}"


def _fault(step: AnyStep, reply: JsonObject, session: Session) -> str | None:
    """Say what came out otherwise than a step expects."""
    expected, got = "done" if isinstance(step, AdvanceStep) else step.expect, _outcome(reply)
    if got != expected:
        return f"expected {expected}, got {got}. {_message(reply)}".rstrip()
    if step.state is not None and session.state != step.state:
        return f"expected the session in {step.state}, but it is in {session.state}."
    return None


def _faults_at_the_end(script: Script, session: Session) -> Iterator[str]:
    if script.end is not None and (session.state != script.end or session.ended is None):
        where = "has ended" if session.ended is not None else "has not ended; it is"
        yield f"The session should end in {script.end}, but it {where} in {session.state}."
    for name, value in script.record.items():
        if name not in session.record:
            yield f"The record should have {name}, and has no such field."
        elif canonical(settled(value)) != canonical(session.record[name]):
            yield f"record.{name} should be {canonical(value)}, and is {canonical(session.record[name])}."


def _outcome(reply: JsonObject) -> str:
    """The reply's outcome; the refusal's code where it was refused."""
    refusal, outcome = reply.get("refusal"), reply.get("outcome")
    if outcome == "refused" and isinstance(refusal, dict):
        return str(refusal.get("code"))
    return str(outcome)


def _message(reply: JsonObject) -> str:
    """What the reply says of what went wrong."""
    refusal, result = reply.get("refusal"), reply.get("result")
    if isinstance(refusal, dict):
        return str(refusal.get("message", ""))
    error = result.get("error") if isinstance(result, dict) and reply.get("outcome") != "done" else None
    return "" if error is None else str(error)


def _unmet(reply: JsonObject) -> tuple[str, ...]:
    refusal = reply.get("refusal")
    unmet = refusal.get("unmet") if isinstance(refusal, dict) else None
    if not isinstance(unmet, list):
        return ()
    return tuple(f"{one.get('path') or 'arguments'}: {one.get('problem')}" for one in unmet if isinstance(one, dict))


def _troubles(rows: Iterable[AuditRow]) -> Iterator[str]:
    """Say which calls of the server's own did not succeed, and why; an agent's own are answered."""
    for row in rows:
        body = body_of(row) if row.kind == "settled" else {}
        if row.outcome in ("failed", "unknown") and body.get("purpose") == "step":
            yield f"{row.action}: {row.outcome}. {body.get('error') or ''}".rstrip()


def _names(allowed: Json) -> tuple[str, ...]:
    return tuple(str(one.get("name")) for one in allowed if isinstance(one, dict)) if isinstance(allowed, list) else ()

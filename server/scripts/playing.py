"""Playing a script: one step after the other, each held to what the script expects of it.

The first step that comes out otherwise ends the play: whatever follows would only be confusing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal, Protocol, TypeAlias

from pointsman.contracts.document.part import duration_ms
from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.values import Json, JsonObject, canonical, settled
from pointsman.fsm.session import Session

from ..answers import rests
from ..audit.chain import AuditRow
from ..bounds import SCRIPT_AWAIT_MS
from ..store.rows import body_of
from .agent import Agent
from .script import AdvanceStep, AwaitStep, CallStep, DecideStep, DeliverStep, Script
from .stage import Stage
from .turns import ModelTurn, Stated, parted, stated_by_agent, turn_of
from .values import ScriptScope, rendered

Who: TypeAlias = Literal["agent", "model", "person", "outside", "clock", "system"]
AnyStep: TypeAlias = CallStep | DecideStep | DeliverStep | AdvanceStep | AwaitStep


@dataclass(frozen=True, slots=True)
class Scene:
    """One step that was played; or, with `turn`, an answer of a model that followed it.

    `outcome` is that of the reply, or the refusal's code. `entered` are the states the session has
    entered since the step before, `session` is where it rests now. `troubles` are calls of the server's
    own that did not succeed. `fault` says what came out otherwise than the script says. `is_last` is false where
    answers of a model follow.
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
    turn: ModelTurn | None = None
    stated: Stated | None = None
    is_last: bool = True


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
        self._seen = 0

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
        session = await self._show(0, ("agent", "agent", f"start_{self._stage.workflow.name}"), handle, None)
        for number, step in enumerate(script.steps, start=1):
            try:
                await self._do(step, session)
            except EvaluationError as error:
                return Played(session, (f"Step {number}: {error}.",))
            session = await self._show(number, _cast(step), session.id, step)
            fault = _fault(step, self._last, session)
            if fault is not None:
                return Played(session, (f"Step {number}, {_cast(step)[2]}: {fault}",))
        return Played(session, tuple(_faults_at_the_end(script, session)))

    async def _do(self, step: AnyStep, session: Session) -> None:
        """Do what a step says; the reply is kept as `last`."""
        if isinstance(step, AdvanceStep):
            await self._stage.advance(session, duration_ms(step.advance))
        if isinstance(step, AdvanceStep | AwaitStep):
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

    async def _show(self, number: int, cast: tuple[Who, str, str], handle: str, step: AnyStep | None) -> Session:
        """Show a step, and each answer of a model that follows it as it comes; give the session when it rests."""
        session, end, is_first = await self._stage.now(handle), monotonic() + SCRIPT_AWAIT_MS / 1000, True
        while True:
            left_ms = int((end - monotonic()) * 1000)
            is_over = rests(session) or left_ms <= 0
            fault = None if step is None or not is_over else _fault(step, self._last, session)
            parts = parted(await self._stage.rows(handle, self._seen))
            parts = parts if is_first else parts[1:]
            for index, part in enumerate(parts if is_over else parts[:-1]):
                is_last = is_over and index == len(parts) - 1
                self._watcher.scene(
                    self._scene(number, cast, session, part, fault if is_last else None, is_last=is_last)
                )
                self._seen = part[-1].revision if part else self._seen
                is_first = False
            if is_over:
                return session
            session = await self._stage.changed(session, left_ms)

    def _scene(
        self,
        number: int,
        cast: tuple[Who, str, str],
        session: Session,
        rows: Sequence[AuditRow],
        fault: str | None,
        *,
        is_last: bool,
    ) -> Scene:
        turn = turn_of(rows)
        who, name, action = cast if turn is None else ("model", "model", ", ".join(one.name for one in turn.called))
        return Scene(
            number=number,
            who=who,
            name=name,
            action=action,
            outcome=_outcome(self._last) if turn is None else _came_of(turn),
            message=_message(self._last) if turn is None else turn.problem or "",
            unmet=_unmet(self._last) if turn is None else (),
            troubles=tuple(_troubles(rows)),
            entered=tuple(row.state_after for row in rows if row.kind == "entered" and row.state_after is not None),
            session=session,
            allowed=_names(self._last.get("allowed")),
            fault=fault,
            turn=turn,
            stated=stated_by_agent(rows) if turn is None else turn.stated,
            is_last=is_last,
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
        case AwaitStep():
            return "system", "await", step.await_


def _fault(step: AnyStep, reply: JsonObject, session: Session) -> str | None:
    """Say what came out otherwise than a step expects."""
    expected = "done" if isinstance(step, AdvanceStep | AwaitStep) else step.expect
    got, state = _outcome(reply), step.await_ if isinstance(step, AwaitStep) else step.state
    if got != expected:
        return f"expected {expected}, got {got}. {_message(reply)}".rstrip()
    if isinstance(step, AwaitStep) and not rests(session):
        return f"the session did not rest within {SCRIPT_AWAIT_MS // 1000} s; it is in {session.state}."
    if state is not None and session.state != state:
        return f"expected the session in {state}, but it is in {session.state}."
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


def _came_of(turn: ModelTurn) -> str:
    """The outcome of what an answer called, the first that is not `done`; of one that calls nothing, that it does."""
    if turn.problem is not None:
        return "failed"
    return next((one.outcome for one in turn.called if one.outcome != "done"), "done")


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

"""What an agent, or the outside, asks: a tool, an event. The gate's rules in the order of the codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.schemas import Contract, Unmet
from pointsman.contracts.values import Json, JsonObject, canonical, digest
from pointsman.contracts.workflow import AgentState, CallStep, Condition, Event, ExternalState, HumanState, ToolUse

from .commands import Call, Observe, Read, Send
from .decision import Decision
from .facts import Accepted, Intended, Settled
from .flow import move
from .gate import contract_refusal, deny, deny_in_turn, ended, exhaust, may_drive, spent_calls
from .refusals import Refusal, unmet_values
from .scope import SessionScope
from .session import ActorKind, OpenCall, TurnOf
from .steps import Writes, evaluate_writes
from .turn import Turn, UndecidableError, choose, passes

_ACTORS: Final[dict[TurnOf, tuple[ActorKind, ...]]] = {"agent": ("agent",), "external": ("external", "system")}
_WHO: Final[dict[TurnOf, str]] = {
    "agent": "an agent",
    "system": "the server",
    "external": "the outside",
    "human": "a person",
    "final": "nobody",
}


def call(turn: Turn, request: Call) -> Decision:
    """Judge an agent's call of a tool: permit a read, open a write, or refuse."""
    name, arguments = request.tool, request.arguments
    state = turn.state
    refusal = _not_their_turn(turn)
    if refusal is not None or not isinstance(state, AgentState):
        return deny(turn, refusal or _not_your_turn(turn), name, arguments)
    refusal = _stale(turn, request.expected_revision)
    if refusal is not None:
        return deny_in_turn(turn, refusal, name, arguments)
    use = state.tools.get(name)
    contract = turn.workflow.tool_contracts.get((state.name, name))
    if use is None or contract is None:
        return deny_in_turn(turn, _not_allowed(state, name), name, arguments)
    spent = spent_calls(turn, request.in_flight)
    if spent is not None and spent.then is not None and turn.session.open_write is None:
        return exhaust(turn, spent, spent.then, name, arguments)
    if spent is not None or (use.calls is not None and turn.stay.uses.get(name, 0) >= use.calls):
        limit = Refusal(
            "LIMIT_REACHED", f"{name} may not be called again here. Go on by an event: {_names(state.events)}."
        )
        return deny_in_turn(turn, limit, name, arguments)
    judged = _judge_call(turn, use, contract, arguments)
    if isinstance(judged, Refusal):
        return deny_in_turn(turn, judged, name, arguments)
    return _permit(turn, name, judged)


def _judge_call(turn: Turn, use: ToolUse, contract: Contract, arguments: JsonObject) -> JsonObject | Refusal:
    """Give the call's whole arguments, the fixed ones included, or why it may not be made."""
    refusal = contract_refusal(contract, arguments, f"{use.tool} cannot be called like this")
    if refusal is not None:
        return refusal
    try:
        whole = {**arguments, **use.fixed.render(turn.scope())}
    except EvaluationError:
        return Refusal(
            "GUARD_FAILED", f"{use.tool} cannot be called now: an argument the workflow fixes has no value yet."
        )
    refusal = _guard(use.when, turn.scope(args=whole), f"{use.tool} may not be called now")
    if refusal is not None:
        return refusal
    policy = turn.workflow.tools[use.tool]
    if policy.effect == "write" and any(
        opened.tool == use.tool and canonical(opened.arguments) == canonical(whole)
        for opened in turn.stay.open.values()
    ):
        return Refusal(
            "IN_PROGRESS", f"{use.tool} is running with the same arguments; its outcome will be in the status."
        )
    return whole


def _permit(turn: Turn, name: str, arguments: JsonObject) -> Decision:
    if turn.workflow.tools[name].effect == "read":
        return Decision(turn.session, read=Read(turn.command.id, name, arguments, turn.stay.number))
    opened = OpenCall(
        id=str(turn.session.revision + 1),
        tool=name,
        arguments=arguments,
        effect="write",
        purpose="agent",
        instance=turn.command.instance,
        opened_at=turn.command.at,
    )
    turn.emit("intended", Intended(opened), action=name)
    return turn.answer()


def observe(turn: Turn, request: Observe) -> Decision:
    """Record how a permitted read ended. One that outlived its stay is recorded and counts for nothing."""
    read, result = request.read, request.result
    state = turn.state
    writes = Writes({})
    current = read.stay == turn.stay.number and not turn.session.ended
    if current and isinstance(state, AgentState) and result.outcome == "done":
        writes = agent_writes(turn, state, read.tool, read.arguments, result.result)
    turn.emit(
        "settled",
        Settled(
            call=None,
            tool=read.tool,
            purpose="agent",
            stay=read.stay,
            arguments=read.arguments,
            result=result.result,
            error=result.error or writes.error,
            attempts=result.attempts,
            remember=read.tool in turn.workflow.remembered,
            writes=writes.values,
            unmet=unmet_values(writes.unmet),
        ),
        action=read.tool,
        outcome=result.outcome,
        code="INVALID_FIELDS" if writes.unmet else None,
        duration_ms=result.duration_ms,
    )
    return turn.answer()


def agent_writes(turn: Turn, state: AgentState, tool: str, arguments: JsonObject, result: Json) -> Writes:
    """What the `save` of a tool an agent called writes to the record."""
    use = state.tools[tool]
    if use.save is None:
        return Writes({})
    return evaluate_writes(turn, CallStep(tool, use.fixed, use.save), turn.scope(args=arguments, result=result))


def send(turn: Turn, request: Send) -> Decision:
    """Judge an event of an agent or of the outside, and take it or refuse it."""
    name, arguments = request.event, request.arguments
    if _is_repeated(turn, request):
        body = Accepted(arguments, digest(arguments), {}, repeated=True)
        turn.emit("accepted", body, action=name, outcome="repeated")
        return replace(turn.answer(), repeated=True)
    state = turn.state
    refusal = _not_their_turn(turn)
    if refusal is not None or not isinstance(state, AgentState | ExternalState):
        return deny(turn, refusal or _not_your_turn(turn), name, arguments)
    refusal = _stale(turn, request.expected_revision)
    if refusal is not None:
        return deny_in_turn(turn, refusal, name, arguments)
    event = state.events.get(name)
    if event is None:
        return deny_in_turn(turn, _not_allowed(state, name), name, arguments)
    judged = _judge_event(turn, event, arguments)
    if isinstance(judged, Refusal):
        return deny_in_turn(turn, judged, name, arguments, payload=True)
    target, below, body = judged
    turn.emit("accepted", body, action=name, outcome="done")
    move(turn, target, "below" if below else "next")
    return turn.answer()


def _judge_event(turn: Turn, event: Event, arguments: JsonObject) -> tuple[str, bool, Accepted] | Refusal:
    """Give where an event leads, whether a confidence floor sent it there, and its fact; or why it may not be."""
    refusal = contract_refusal(event.contract, arguments, f"{event.name} does not meet its contract")
    if refusal is not None:
        return refusal
    missing = [tool for tool in event.evidence if not _has_evidence(turn, tool)]
    if missing:
        return Refusal(
            "MISSING_EVIDENCE",
            f"{event.name} needs a call that has succeeded here first: {', '.join(missing)}.",
            tuple(Unmet(tool, "has not succeeded in this state yet; call it first", missing=True) for tool in missing),
        )
    confidence = arguments.get("confidence") if event.floors else None
    accepted = float(confidence) if isinstance(confidence, int | float) else None
    writes = {name: arguments[name] for name in event.fields if name in arguments}
    session = turn.session_with(writes, accepted)
    step = 1.0 if accepted is None else accepted
    refusal = _guard(
        event.when, turn.scope(turn.session, event=arguments, confidence=step), f"{event.name} may not be sent now"
    )
    if refusal is not None:
        return refusal
    if turn.session.open_write is not None:
        return Refusal(
            "IN_PROGRESS", f"{turn.session.open_write.tool} is running; wait for its outcome before {event.name}."
        )
    try:
        target = choose(event.next, turn.scope(session, event=arguments, confidence=step))
    except UndecidableError:
        target = None
    if target is None:
        return Refusal(
            "GUARD_FAILED", f"{event.name} leads nowhere with these values: no condition of its `next` is true."
        )
    below = _below(turn, event, session.path_confidence, accepted, target)
    rationale = arguments.get("rationale")
    body = Accepted(
        arguments=arguments,
        payload_digest=digest(arguments),
        writes=writes,
        confidence=accepted,
        path_confidence=None if accepted is None else session.path_confidence,
        rationale=rationale if isinstance(rationale, str) else None,
    )
    return below or target, below is not None, body


def _below(turn: Turn, event: Event, path: float, confidence: float | None, target: str) -> str | None:
    """Who takes over from a step that is not confident enough; None where a person decides next anyway.

    A floor sends a session to a person and never past one, so it does not replace another review.
    """
    floors = event.floors
    if floors is None or confidence is None or isinstance(turn.workflow.states[target], HumanState):
        return None
    return floors.below if confidence < floors.floor or path < floors.path_floor else None


def _has_evidence(turn: Turn, tool: str) -> bool:
    done = turn.session.done.get(tool)
    return done is not None and done.stay == turn.stay.number


def _is_repeated(turn: Turn, request: Send) -> bool:
    """Whether this is the event that ended the stay before, said once more."""
    last = turn.session.last_event
    if last is None or last.event != request.event or last.actor_id != turn.command.actor.id:
        return False
    if last.stay == turn.stay.number or last.payload_digest != digest(request.arguments):
        return False
    if request.expected_revision is not None and request.expected_revision < turn.stay.revision:
        return True
    state = turn.state
    return not isinstance(state, AgentState | ExternalState) or request.event not in state.events


def _guard(when: Condition | None, scope: SessionScope, what: str) -> Refusal | None:
    """Refuse what a guard does not pass; a guard that cannot be judged does not pass."""
    try:
        if passes(when, scope):
            return None
    except UndecidableError:
        pass
    message = when.message if when is not None else None
    return Refusal("GUARD_FAILED", message or f"{what}: its condition is not true.")


def _not_their_turn(turn: Turn) -> Refusal | None:
    """Refuse whoever may not drive the session, and whoever asks when somebody else acts."""
    session, actor, stay = turn.session, turn.command.actor, turn.stay
    if actor.kind in ("agent", "human") and not may_drive(turn.workflow, session, actor):
        return Refusal("FORBIDDEN", f"Only {' or '.join(turn.workflow.access.drive)} may drive this session.")
    if session.ended is not None:
        return ended(session, session.ended)
    if stay.position.phase != "ready" or actor.kind not in _ACTORS.get(stay.actor, ()):
        return _not_your_turn(turn)
    return None


def _not_your_turn(turn: Turn) -> Refusal:
    state, position = turn.state, turn.stay.position
    if position.phase != "ready":
        message = f"The server is still working in {state.name!r}."
    elif isinstance(state, HumanState):
        message = f"A person with the role {state.review.role} decides {state.name!r}."
    else:
        message = f"It is the turn of {_WHO[turn.stay.actor]} in {state.name!r}."
    return Refusal("NOT_YOUR_TURN", f"{message} Wait, and ask for the status.")


def _stale(turn: Turn, expected_revision: int | None) -> Refusal | None:
    if expected_revision is None or turn.stay.revision <= expected_revision <= turn.session.revision:
        return None
    where = f"{turn.stay.state!r} (revision {turn.session.revision})"
    return Refusal("STALE", f"The session has moved on to {where}; look at it again.")


def _not_allowed(state: AgentState | ExternalState, name: str) -> Refusal:
    tools = _names(state.tools) if isinstance(state, AgentState) else ""
    offered = ", ".join(part for part in (tools, _names(state.events)) if part)
    return Refusal("NOT_ALLOWED", f"{name!r} is not allowed in {state.name!r}. Allowed are: {offered}.")


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)

"""Events of an agent or of the outside: contract, evidence, guards, confidence, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.contracts.bounds import DELIVERIES_PER_SESSION
from pointsman.contracts.values import JsonObject, digest
from pointsman.contracts.workflow import AgentState, Event, ExternalState, HumanState

from .commands import Send
from .decision import Decision
from .facts import Accepted
from .flow import move
from .gate import deny, deny_in_turn
from .refusals import Refusal
from .session import Because
from .turn import Turn
from .whose_turn import destination, guard, not_allowed, not_their_turn, not_your_turn, prove_event, stale


@dataclass(frozen=True, slots=True)
class Judged:
    """Where an event leads and why, and its fact."""

    target: str
    because: Because
    body: Accepted


@dataclass(frozen=True, slots=True)
class Admitted(Judged):
    """An event that may be sent now, with what the guards saw of its evidence."""

    event: Event
    evidence: JsonObject


def accept(turn: Turn, admitted: Admitted) -> None:
    """Take an event, and go where it leads."""
    turn.emit("accepted", admitted.body, action=admitted.event.name, outcome="done")
    move(turn, admitted.target, admitted.because)


def admit(turn: Turn, request: Send) -> Admitted | Decision:
    """Judge an event of an agent or of the outside; the decision where it is refused, or was sent before."""
    name, arguments = request.event, request.arguments
    if _is_another(turn, request):
        other = Refusal("KEY_REUSED", "Another event was delivered with the same key; send this one with a new one.")
        return deny(turn, other, name, arguments)
    if _is_repeated(turn, request):
        body = Accepted({}, digest(arguments), {}, repeated=True)  # the first row has the arguments
        turn.emit("accepted", body, action=name, outcome="repeated")
        return replace(turn.answer(), repeated=True)
    state = turn.state
    refusal = not_their_turn(turn)
    if refusal is not None or not isinstance(state, AgentState | ExternalState):
        return deny(turn, refusal or not_your_turn(turn), name, arguments)
    if request.delivery is not None and len(turn.session.delivered) >= DELIVERIES_PER_SESSION:
        spent = f"This session has taken {DELIVERIES_PER_SESSION} named deliveries, and takes no more of them."
        return deny(turn, Refusal("LIMIT_REACHED", spent), name, arguments)
    refusal = stale(turn, request.expected_revision)
    if refusal is not None:
        return deny_in_turn(turn, refusal, name, arguments)
    event = state.events.get(name)
    if event is None:
        return deny_in_turn(turn, not_allowed(state, name), name, arguments)
    proof = prove_event(turn, event, arguments, request.fetched)
    if proof.fetch:
        return Decision(turn.session, fetch=proof.fetch)
    judged = proof.refusal or judge_event(turn, event, request, proof.seen)
    if isinstance(judged, Refusal):
        return deny_in_turn(turn, judged, name, arguments, payload=True)
    return Admitted(judged.target, judged.because, judged.body, event, proof.seen)


def judge_event(turn: Turn, event: Event, request: Send, evidence: JsonObject) -> Judged | Refusal:
    """Give where an event leads, whether a confidence floor sent it there, and its fact; or why it may not be."""
    arguments = request.arguments
    confidence = arguments.get("confidence") if event.floors else None
    accepted = float(confidence) if isinstance(confidence, int | float) else None
    writes = {name: arguments[name] for name in event.fields if name in arguments}
    session = turn.session_with(writes, accepted)
    step = 1.0 if accepted is None else accepted
    scope = turn.scope(turn.session_with({}, accepted), event=arguments, evidence=evidence, confidence=step)
    refusal = guard(event.when, scope, f"{event.name} may not be sent now")
    if refusal is not None:
        return refusal
    target = destination(event, turn.scope(session, event=arguments, evidence=evidence, confidence=step))
    if isinstance(target, Refusal):
        return target
    write = turn.session.open_write
    if write is not None:
        return Refusal("IN_PROGRESS", f"{write.tool} is running; wait for its outcome before {event.name}.")
    below = _below(turn, event, session.path_confidence, accepted, target)
    rationale = arguments.get("rationale")
    body = Accepted(
        arguments=arguments,
        payload_digest=digest(arguments),
        writes=writes,
        confidence=accepted,
        path_confidence=None if accepted is None else session.path_confidence,
        rationale=rationale if isinstance(rationale, str) else None,
        delivery=request.delivery,
    )
    return Judged(below or target, "next" if below is None else "below", body)


def _below(turn: Turn, event: Event, path: float, confidence: float | None, target: str) -> str | None:
    """Who takes over from a step that is not confident enough; None where a person decides next anyway.

    A floor sends a session to a person and never past one, so it does not replace another review.
    """
    floors = event.floors
    if floors is None or confidence is None or isinstance(turn.workflow.states[target], HumanState):
        return None
    return floors.below if confidence < floors.floor or path < floors.path_floor else None


def _is_another(turn: Turn, request: Send) -> bool:
    """Whether a delivery of this name brought another event, or other arguments."""
    taken = None if request.delivery is None else turn.session.delivered.get(request.delivery)
    return taken is not None and taken != f"{request.event} {digest(request.arguments)}"


def _is_repeated(turn: Turn, request: Send) -> bool:
    """Whether this is a delivery that was taken before; or, without a name for it, the event that ended the stay
    before, said once more.
    """
    if request.delivery is not None:
        return request.delivery in turn.session.delivered
    last = turn.session.last_event
    if last is None or last.event != request.event or last.actor_id != turn.command.actor.id:
        return False
    if last.payload_digest != digest(request.arguments):
        return False
    if last.stay == turn.stay.number:
        return True  # it is what the session leaves this state by
    if request.expected_revision is not None and request.expected_revision < turn.stay.revision:
        return True
    state = turn.state
    return not isinstance(state, AgentState | ExternalState) or request.event not in state.events

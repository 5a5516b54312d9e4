"""Events of an agent or of the outside: contract, evidence, guards, confidence, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pointsman.contracts.bounds import DELIVERIES_PER_SESSION
from pointsman.contracts.values import digest
from pointsman.contracts.workflow import AgentState, Event, ExternalState, HumanState

from .commands import Send
from .decision import Decision
from .evidence import Proof
from .facts import Accepted
from .floors import missed
from .flow import move_by
from .gate import deny, deny_in_turn
from .packing import exception_package
from .refusals import Refusal
from .session import Leaving
from .turn import Turn
from .whose_turn import destination, guard, not_allowed, not_their_turn, not_your_turn, prove_event, stale


@dataclass(frozen=True, slots=True)
class Judged:
    """The way an event leads, and its fact."""

    leaving: Leaving
    body: Accepted


@dataclass(frozen=True, slots=True)
class Admitted(Judged):
    """An event that may be sent now, with its evidence."""

    event: Event
    proof: Proof


def accept(turn: Turn, admitted: Admitted) -> None:
    """Take an event, and go where it leads."""
    turn.emit("accepted", admitted.body, action=admitted.event.name, outcome="done")
    move_by(turn, admitted.leaving)


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
    judged = proof.refusal or judge_event(turn, event, request, proof)
    if isinstance(judged, Refusal):
        return deny_in_turn(turn, judged, name, arguments, payload=True)
    return Admitted(judged.leaving, judged.body, event, proof)


def judge_event(turn: Turn, event: Event, request: Send, proof: Proof) -> Judged | Refusal:
    """Give the way an event leads, or a confidence floor in its place, and the event's fact; or why it may not be."""
    arguments, evidence = request.arguments, proof.seen
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
    path = session.path_confidence
    rationale = arguments.get("rationale")
    body = Accepted(
        arguments=arguments,
        payload_digest=digest(arguments),
        writes=writes,
        confidence=accepted,
        path_confidence=None if accepted is None else path,
        rationale=rationale if isinstance(rationale, str) else None,
        delivery=request.delivery,
        missed=[] if event.floors is None or accepted is None else missed(event.floors, accepted, path),
        calls=[*(proof.calls if event.evidence else turn.stay.calls)],
    )
    return Judged(_way(turn, event, body, target), body)


def _way(turn: Turn, event: Event, body: Accepted, target: str) -> Leaving:
    """Say where an accepted event leads: to who takes over from a step that is not confident enough, or to `target`.

    A floor sends a session to a person and never past one, so it does not replace another review.
    """
    if event.floors is None or not body.missed or isinstance(turn.workflow.states[target], HumanState):
        return Leaving(target, "next")
    return Leaving(event.floors.below, "below", exception=exception_package(turn, event, body, target))


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

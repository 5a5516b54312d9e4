"""Events that are readings: the first is held until there is a second one, and is taken when the two agree.

Where they do not, the first is written down all the same, and a person decides who is shown both. An event that leads
to a person in any case goes on leading there: two readings send a session to a person, and never past one.
"""

from __future__ import annotations

from dataclasses import replace

from pointsman.contracts.values import JsonObject, digest
from pointsman.contracts.workflow import AgentState, Agree, HumanState, SecondCall

from .commands import Send
from .decision import Decision
from .events import Admitted, accept, admit, judge_event
from .evidence import Proof
from .flow import advance, move_by
from .reading import Reading, Readings, compared
from .refusals import Refusal
from .session import ActorKind, Leaving, Position
from .turn import Turn


def send(turn: Turn, request: Send) -> Decision:
    """Judge an event. What is a reading is held, or compared with the one that is; any other is taken at once."""
    admitted = admit(turn, request)
    if isinstance(admitted, Decision):
        return admitted
    state, held = turn.state, turn.stay.readings
    agree = state.agree if isinstance(state, AgentState) else None
    if agree is None or (held is None and not admitted.event.read_twice):
        accept(turn, admitted)
        return turn.answer()
    _hold(turn, agree, admitted, 1 if held is None else 2)
    conclude(turn)
    advance(turn)
    return turn.answer()


def _hold(turn: Turn, agree: Agree, admitted: Admitted, number: int) -> None:
    by_tool = isinstance(agree.second, SecondCall)
    body = replace(
        admitted.body,
        writes={},
        reading=number,
        compared=[*agree.fields],
        evidence=admitted.proof.seen if number == 1 else {},
        position=Position("second") if by_tool else None,
    )
    turn.emit("accepted", body, action=admitted.event.name, outcome="held")


def conclude(turn: Turn) -> None:
    """Compare the readings of a stay and go on by them, once there are two.

    The guards judge the first event again, with the lower confidence of the two. One that they no longer let pass
    leads to the state's `failed`.
    """
    state, readings = turn.state, turn.stay.readings
    agree = state.agree if isinstance(state, AgentState) else None
    if not isinstance(state, AgentState) or agree is None or readings is None or readings.second is None:
        return
    result = compared(readings)
    event = state.events[readings.first.event or ""]
    proof = Proof(readings.evidence, calls=readings.calls)
    judged = judge_event(turn, event, Send(event.name, _with_lower_confidence(readings)), proof)
    if isinstance(judged, Refusal):
        move_by(turn, Leaving(state.failed or agree.differ, "failed", error=judged.detail or judged.message))
        return
    given = readings.arguments
    body = replace(judged.body, arguments=given, payload_digest=digest(given), readings=result)
    turn.emit("accepted", body, action=event.name, outcome="done", by=_reader(readings.first))
    leaving = judged.leaving
    if not result.agree:
        to_person = leaving.because == "next" and isinstance(turn.workflow.states[leaving.target], HumanState)
        target = leaving.target if to_person else agree.differ
        leaving = replace(leaving, target=target, because="differ", readings=result)
    move_by(turn, leaving)


def _reader(reading: Reading) -> tuple[ActorKind, str]:
    """Say whose act an event is that was a reading."""
    return ("model" if reading.kind == "model" else "agent", reading.by)


def _with_lower_confidence(readings: Readings) -> JsonObject:
    both = (readings.first, readings.second)
    given = [one.confidence for one in both if one is not None and one.confidence is not None]
    return {**readings.arguments, "confidence": min(given)} if given else readings.arguments

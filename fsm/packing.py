"""Putting together what a reviewer sees of an event that was not confident enough.

Everything is as it was before the event, and bounded: what is too large for the package is named, and stands in the
session's history.
"""

from __future__ import annotations

from pointsman.contracts.bounds import EXCEPTION_BYTES, EXCEPTION_PATH
from pointsman.contracts.values import Json, canonical
from pointsman.contracts.workflow import AgentState, Event

from .exception_package import ExceptionPackage, InputField, PathStep
from .facts import Accepted
from .turn import Turn

_START_OF_PATH = "path"


class _Room:
    """What is left of a package's room, and what had none."""

    def __init__(self) -> None:
        self.left_bytes = EXCEPTION_BYTES
        self.left_out: list[str] = []

    def takes(self, name: str, value: Json) -> bool:
        size_bytes = len(canonical(value).encode())
        if size_bytes > self.left_bytes:
            self.left_out.append(name)
            return False
        self.left_bytes -= size_bytes
        return True


def exception_package(turn: Turn, event: Event, accepted: Accepted, instead_of: str) -> ExceptionPackage:
    """Make the package of an event that is about to be accepted, and leads to a person instead of to `instead_of`."""
    room = _Room()
    listed = accepted.arguments.get("alternatives")
    considered = enumerate(listed) if isinstance(listed, list) else ()
    alternatives = [one for index, one in considered if room.takes(f"alternatives[{index}]", one)]
    given = _input(turn, room)
    path = _path(turn, accepted.confidence or 0.0)
    if len(path) > EXCEPTION_PATH:
        room.left_out.append(_START_OF_PATH)
    return ExceptionPackage(
        revision=turn.session.revision + 1,
        at=turn.command.at,
        state=turn.session.state,
        event=event.name,
        instead_of=instead_of,
        missed=accepted.missed,
        confidence=accepted.confidence or 0.0,
        path_confidence=accepted.path_confidence or 0.0,
        path=path[-EXCEPTION_PATH:],
        rationale=accepted.rationale,
        input=given,
        calls=accepted.calls,
        alternatives=alternatives,
        left_out=room.left_out,
    )


def _input(turn: Turn, room: _Room) -> dict[str, InputField]:
    """Give what the session was started with, and what the state shows, as it is before the event."""
    state, session = turn.state, turn.session
    shown = state.show if isinstance(state, AgentState) else ()
    return {
        name: InputField(session.record[name], session.provenance[name].revision)
        for name in dict.fromkeys((*turn.workflow.start_fields, *shown))
        if name in session.record and room.takes(name, session.record[name])
    }


def _path(turn: Turn, confidence: float) -> list[PathStep]:
    """Give the states passed, the oldest first, with this step as the last."""
    session = turn.session
    before = [
        PathStep(state, each, session.confidence_revisions.get(state))
        for state, each in session.confidences.items()
        if state != session.state
    ]
    before.sort(key=lambda step: (step.revision or 0, step.state))
    return [*before, PathStep(session.state, confidence, session.revision + 1)]

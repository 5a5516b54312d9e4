"""Whose turn it is, what belongs to it, and what its guards say: the refusals that calls and events have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import AgentState, Condition, Event, ExternalState, HumanState

from .evidence import Proof, prove
from .gate import contract_refusal, ended, may_drive
from .refusals import Refusal
from .scope import SessionScope
from .session import ActorKind, TurnOf
from .turn import Turn, UndecidableError, passes

_ACTORS: Final[dict[TurnOf, tuple[ActorKind, ...]]] = {
    "agent": ("agent",),
    "model": ("model",),
    "external": ("external", "system"),
}
_WHO: Final[dict[TurnOf, str]] = {
    "agent": "an agent",
    "model": "a model that the server asks",
    "system": "the server",
    "external": "the outside",
    "human": "a person",
    "final": "nobody",
}


def not_their_turn(turn: Turn) -> Refusal | None:
    """Refuse whoever may not drive the session, and whoever asks when somebody else acts."""
    session, actor, stay = turn.session, turn.command.actor, turn.stay
    if actor.kind not in ("system", "model") and not may_drive(turn.workflow, session, actor):
        return Refusal("FORBIDDEN", f"Only {' or '.join(turn.workflow.access.drive)} may drive this session.")
    if session.ended is not None:
        return ended(session, session.ended)
    if stay.position.phase != "ready" or actor.kind not in _ACTORS.get(stay.actor, ()):
        return not_your_turn(turn)
    if stay.readings is not None and stay.turn is not None and stay.turn.reading == 1:
        first = "The first reading is made. The second one is another conversation, which knows nothing of this one."
        return Refusal("NOT_YOUR_TURN", first)
    return None


def not_your_turn(turn: Turn) -> Refusal:
    """Say whose turn it is instead."""
    state, position = turn.state, turn.stay.position
    if position.phase != "ready":
        message = f"The server is still working in {state.name!r}."
    elif isinstance(state, HumanState):
        message = f"A person with the role {state.review.role} decides {state.name!r}."
    else:
        message = f"It is the turn of {_WHO[turn.stay.actor]} in {state.name!r}."
    return Refusal("NOT_YOUR_TURN", f"{message} Wait, and ask for the status.")


def stale(turn: Turn, expected_revision: int | None) -> Refusal | None:
    """Refuse what was asked of an earlier stay, or of a revision there has never been."""
    if expected_revision is None or turn.stay.revision <= expected_revision <= turn.session.revision:
        return None
    where = f"{turn.stay.state!r} (revision {turn.session.revision})"
    return Refusal("STALE", f"The session has moved on to {where}; look at it again.")


def not_allowed(state: AgentState | ExternalState, name: str) -> Refusal:
    """Say what belongs to the state instead."""
    tools = listed(state.tools) if isinstance(state, AgentState) else ""
    offered = ", ".join(part for part in (tools, listed(state.events)) if part)
    return Refusal("NOT_ALLOWED", f"{name!r} is not allowed in {state.name!r}. Allowed are: {offered}.")


def guard(when: Condition | None, scope: SessionScope, what: str) -> Refusal | None:
    """Refuse what a guard does not pass; a guard that cannot be judged does not pass."""
    why, detail = "is not true", None
    try:
        if passes(when, scope):
            return None
    except UndecidableError as undecidable:
        why, detail = "cannot be judged: a value it reads is missing, or of another type", str(undecidable)
    message = when.message if when is not None else None
    return Refusal("GUARD_FAILED", message or f"{what}: its condition {why}.", detail=detail)


def prove_event(turn: Turn, event: Event, arguments: JsonObject, fetched: tuple[str, ...]) -> Proof:
    """Hold an event to its contract, then look for its evidence; an unmet contract is the proof's refusal."""
    refusal = contract_refusal(event.contract, arguments, f"{event.name} does not meet its contract")
    if refusal is not None:
        return Proof(refusal=refusal)
    return prove(turn, event.name, event.evidence, {"event": arguments}, fetched)


def destination(event: Event, scope: SessionScope) -> str | Refusal:
    """Give the state an event leads to, or refuse it where no condition of its `next` is true.

    Then the messages of the entries that were tried are what the sender is told.
    """
    why, detail = "no condition of its `next` is true", None
    told: list[str] = []
    for transition in event.next:
        if transition.when is not None and transition.when.message is not None:
            told.append(transition.when.message)
        try:
            if passes(transition.when, scope):
                return transition.to
        except UndecidableError as undecidable:
            detail = str(undecidable)
            why = "a condition of its `next` cannot be judged: a value is missing, or of another type"
            break
    said = " ".join(told) or f"{event.name} leads nowhere with these values: {why}."
    return Refusal("GUARD_FAILED", said, detail=detail)


def listed(names: Iterable[str]) -> str:
    """Give names as a message does."""
    return ", ".join(names)

"""The fold of a model's turns: what is asked, and what the answers add to what limits count."""

from __future__ import annotations

from dataclasses import replace

from .model_turns import OpenTurn, Turned
from .session import Counts, Session


def opened(session: Session, turn: OpenTurn) -> Session:
    """The session in which a model is asked. One that is asked again, by another process, has no turn more."""
    new = turn.attempt == 1
    stay = replace(session.stay, turn=turn, counts=_with_turn(session.stay.counts, new))
    return replace(session, revision=session.revision + 1, stay=stay, counts=_with_turn(session.counts, new))


def _with_turn(counts: Counts, new: bool) -> Counts:  # noqa: FBT001 -- it is counted or not
    return replace(counts, turns=counts.turns + new)


def answered(session: Session, body: Turned) -> Session:
    """The session whose model has answered; of an answer that came too late, what it has cost."""
    stay = session.stay
    counts = _counted(session.counts, body)
    if stay.turn is not None and (stay.number, stay.turn.number) == (body.stay, body.turn):
        stay = replace(stay, turn=replace(stay.turn, answered=True), counts=_counted(stay.counts, body))
    return replace(session, revision=session.revision + 1, stay=stay, counts=counts)


def _counted(counts: Counts, body: Turned) -> Counts:
    return replace(
        counts,
        invalid=counts.invalid + (body.invalid is not None),
        tokens=counts.tokens + body.tokens.total,
        cost_usd=counts.cost_usd + (body.cost_usd or 0.0),
    )

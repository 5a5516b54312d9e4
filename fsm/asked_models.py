"""The fold of a model's turns: what is asked, and what the answers add to what limits count."""

from __future__ import annotations

from dataclasses import replace

from .facts import Fact
from .model_turns import OpenTurn, Turned, wish_name
from .session import Counts, Session


def opened(session: Session, turn: OpenTurn) -> Session:
    """The session in which a model is asked. One that is asked again, by another process, has no turn more."""
    new = turn.attempt == 1
    stay = replace(session.stay, turn=turn, counts=_with_turn(session.stay.counts, new))
    return replace(session, revision=session.revision + 1, stay=stay, counts=_with_turn(session.counts, new))


def _with_turn(counts: Counts, new: bool) -> Counts:  # noqa: FBT001 -- it is counted or not
    return replace(counts, turns=counts.turns + new)


def decided(before: Session, after: Session, fact: Fact) -> Session:
    """The session in which a wish of an answer is decided by this fact: none is decided twice."""
    stay, turn = after.stay, before.stay.turn
    if turn is None or stay.turn is None or stay.number != before.stay.number:
        return after
    if fact.command != wish_name(stay.number, turn.number, turn.wishes):
        return after
    return replace(after, stay=replace(stay, turn=replace(stay.turn, wishes=turn.wishes + 1)))


def answered(session: Session, body: Turned, *, late: bool) -> Session:
    """The session whose model has answered; of an answer that came too late, what it has cost."""
    stay = session.stay
    counts = _counted(session.counts, body)
    if stay.number == body.stay:
        stay = replace(stay, counts=_counted(stay.counts, body))
    if stay.turn is not None and not late:
        stay = replace(stay, turn=replace(stay.turn, answered=True))
    return replace(session, revision=session.revision + 1, stay=stay, counts=counts)


def _counted(counts: Counts, body: Turned) -> Counts:
    return replace(
        counts,
        invalid=counts.invalid + (body.invalid is not None),
        tokens=counts.tokens + body.tokens.total,
        cost_usd=counts.cost_usd + (body.cost_usd or 0.0),
        unpriced=counts.unpriced + (body.cost_usd is None and body.tokens.total > 0),
    )

"""What becomes of the next turn of a model: it is opened, or a budget, or the number of turns, has ended this."""

from __future__ import annotations

from typing import Final

from pointsman.contracts.workflow import AgentState, Model

from .limits import BUDGETS, exhausted_limit, is_over_budget
from .model_turns import OpenTurn
from .session import Leaving
from .turn import Turn

NOBODY: Final = ""
"""The process of a turn that was opened by one which asks no models: whoever does takes it over at once."""


def next_turn(turn: Turn, model: Model) -> OpenTurn | Leaving | None:
    """Give the turn that is to be opened, or the way the state is left instead; None where it can be neither.

    Once a first reading is held, it is a turn of the model that reads a second time.
    """
    if is_over_budget(turn.workflow, turn.session):
        return way_out(turn)
    number = turn.stay.counts.turns + 1
    state, readings = turn.state, turn.stay.readings
    reading, had = (1, 0) if readings is None else (2, readings.turns)
    model = (model_of(state, reading) if isinstance(state, AgentState) else None) or model
    if number - had > model.max_turns:
        return failure(turn, f"the model has had its {model.max_turns} turns, and none of them led on")
    return OpenTurn(
        number=number,
        model=model.name,
        instance=turn.command.instance if turn.command.asks_models else NOBODY,
        opened_at=turn.command.at,
        reading=reading,
    )


def model_of(state: AgentState, reading: int) -> Model | None:
    """Give the model that the server asks in a state for its first or its second reading; None where it asks none."""
    second = state.agree.second if state.agree is not None and reading == 2 else None
    return second if isinstance(second, Model) else state.model


def way_out(turn: Turn) -> Leaving | None:
    """Say where a spent budget leads. One of the session that has moved it before moves it no more: that has failed."""
    spent = next(found for kind in BUDGETS if (found := exhausted_limit(turn, kind)) is not None)
    if spent.then is None:
        return failure(turn, f"the limit on {spent.spent.kind} is spent")
    return None if turn.session.open_write is not None else spent.way_to(spent.then)


def failure(turn: Turn, error: str) -> Leaving | None:
    """Say where the state leads when its model cannot go on; None where it says nothing, or a write is open."""
    target = turn.state.failed
    return None if target is None or turn.session.open_write is not None else Leaving(target, "failed", error=error)

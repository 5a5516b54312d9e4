"""Which workflows a process takes on in which a model acts: it can ask the model, and has its price where that counts.

Both are seen before a session begins, so that what is missing costs nobody a session, and no answer that is of no use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.driving import no_price
from pointsman.fsm.limits import limits_cost
from pointsman.fsm.model_turns import Tokens
from pointsman.fsm.opening import model_of
from pointsman.tools.models.port import NotAskable, Prices

from ..errors import ModelNotDriven, ModelWithoutPrice
from ..nearest import did_you_mean
from .driver import Access


def admit_models(access: Access | None, workflow: Workflow, path: Path) -> None:
    """Refuse a workflow in which a model acts that this process could not ask, or not within its limits.

    Raises:
        ModelNotDriven: no model can be asked from here.
        ModelWithoutPrice: the cost of a model is limited, and its price is not known.
    """
    states = workflow.states.values()
    models = [state.name for state in states if isinstance(state, AgentState) and state.model is not None]
    if not models:
        return
    where = f"{path}: in {', '.join(models)} a model acts (`actor: model`)"
    if access is None:
        raise ModelNotDriven(f"{where}, and this process has no access to models.")
    try:
        access.check()
    except NotAskable as error:
        raise ModelNotDriven(f"{where}. {error}") from error
    see_prices(access.prices, workflow, path)


def see_prices(prices: Prices, workflow: Workflow, path: Path, agent: str | None = None) -> None:
    """See that every model has a price whose cost is limited. `agent` is the model in place of an agent.

    Raises:
        ModelWithoutPrice: one has none.
    """
    for state, model in _limited(workflow, agent):
        if prices.cost_usd(model, Tokens()) is None:
            near = did_you_mean(model, prices.names())
            raise ModelWithoutPrice(f"{path}: in {state}, {no_price(model)} (docs/models.md).{near}")


def _limited(workflow: Workflow, agent: str | None) -> Iterator[tuple[str, str]]:
    """Name each state in which the cost is limited, with each model that is asked there."""
    for state in workflow.states.values():
        if not isinstance(state, AgentState) or not limits_cost(workflow, state):
            continue
        for reading in (1, 2):
            model = model_of(state, reading)
            name = agent if model is None else model.name
            if name is not None:
                yield state.name, name

"""An agent that is a model, driven from this process on behalf of whoever started it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pointsman.contracts.workflow import Model

from ..replies import Caller


@dataclass(frozen=True, slots=True)
class Hired:
    """An agent that is a model driven from here: who calls, and the model it is.

    `again` is told of each further attempt at a question of the session, as `Models.ask` tells it.
    """

    caller: Caller
    model: Model
    again: Callable[[str, int], None] | None = None

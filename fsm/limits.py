"""Limits that are spent: which one is, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.workflow import Limit, State, Workflow

from .session import Counts, Leaving, Session
from .spent_limit import SpentLimit
from .turn import Turn

Counted: TypeAlias = Literal["calls", "denials", "invalid", "cost", "tokens"]
"""Limits that what an actor does uses up. The others are kept by time, or when a state is entered."""
BUDGETS: Final[tuple[Counted, ...]] = ("cost", "tokens")
_USD_DIGITS: Final = 9
"""Costs are judged to so many: as a sum of binary fractions 0.1 and 0.7 fall short of 0.8."""


@dataclass(frozen=True, slots=True)
class Exhausted:
    """A limit that one more would go over, and where it leads.

    `then` is None where the session's limit has moved the session before: it refuses and moves no
    more. `name` is that of a limit of the whole session, `calls.0`; None for one of the state.
    """

    spent: SpentLimit
    then: str | None
    name: str | None = None

    def way_to(self, target: str) -> Leaving:
        """Give the way to leave the state for this one, where the limit leads."""
        return Leaving(target, "limit", self.name, spent=self.spent)


def exhausted_limit(turn: Turn, kind: Counted, under_way: int = 0) -> Exhausted | None:
    """Give the first limit of a kind that is reached: the state's, then the session's, then one that moves no more.

    `under_way` is how much is not counted yet.
    """
    for rule in turn.state.limits:
        if _is_reached(rule, kind, turn.stay.counts, under_way):
            return Exhausted(_spent(rule, kind, turn.stay.counts), rule.then)
    spent: Exhausted | None = None
    for index, rule in enumerate(turn.workflow.limits):
        name = f"{kind}.{index}"
        if _is_reached(rule, kind, turn.session.counts, under_way):
            found = _spent(rule, kind, turn.session.counts)
            if name not in turn.session.spent:
                return Exhausted(found, rule.then, name)
            spent = Exhausted(found, None, name)
    return spent


def is_over_budget(workflow: Workflow, session: Session) -> bool:
    """Whether a limit on what models cost, or on their tokens, is spent, in the state or in the whole session."""
    counted = ((workflow.states[session.state].limits, session.stay.counts), (workflow.limits, session.counts))
    return any(_is_reached(rule, kind, counts, 0) for rules, counts in counted for rule in rules for kind in BUDGETS)


def limits_cost(workflow: Workflow, state: State) -> bool:
    """Whether what models cost in a state is limited: in the state itself, or in the whole session."""
    return any(rule.kind == "cost" for rule in (*state.limits, *workflow.limits))


def _is_reached(rule: Limit, kind: Counted, counts: Counts, under_way: int) -> bool:
    return rule.kind == kind and _count(counts, kind) + under_way >= rule.amount


def _spent(rule: Limit, kind: Counted, counts: Counts) -> SpentLimit:
    return SpentLimit(kind, rule.amount, _count(counts, kind))


def _count(counts: Counts, kind: Counted) -> float:
    match kind:
        case "calls":
            return counts.calls
        case "denials":
            return counts.denials
        case "invalid":
            return counts.invalid
        case "cost":
            return round(counts.cost_usd, _USD_DIGITS)
        case _:
            return counts.tokens

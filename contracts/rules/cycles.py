"""Cycles that only the system drives: something must end them.

A cycle ends if one of its states has a transition that asks how often a state was visited, or if the
whole session is limited: by `steps`, or, where every round waits for a timer, by `duration`. Limits
of a single state count per stay, so they end no cycle.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..document.states import SystemPart
from ..expressions import ExpressionFault
from .compiled import Compiled
from .view import View


def check_cycles(view: View) -> None:
    """Find the first cycle, in the order of the file, that nothing ends."""
    kinds = {
        kind
        for limit in view.document.limits
        for kind, amount in (("steps", limit.steps), ("duration", limit.duration))
        if amount is not None
    }
    if "steps" in kinds:
        return
    states = {
        name: state
        for name, state in view.document.states.items()
        if isinstance(state, SystemPart) and not any(_asks_visits(view.compiled, when) for when in _guards(state))
    }
    edges = {name: _edges(state, timers="duration" not in kinds) & states.keys() for name, state in states.items()}
    cycle = _first_cycle(edges)
    if cycle is not None:
        hint = "End it by a `when` on `visits`, or by a limit of the whole session on `steps`."
        message = f"only the system drives this cycle, and nothing ends it: {' -> '.join(cycle)}"
        view.at_key("PM503", ("states", cycle[0]), message, hint)


def _guards(state: SystemPart) -> tuple[str | None, ...]:
    return (*(entry.when for entry in state.next), *(after.when for after in state.after))


def _asks_visits(compiled: Compiled, when: str | None) -> bool:
    program = None if when is None else compiled.get(when)
    return program is not None and (isinstance(program, ExpressionFault) or "visits" in program.needs)


def _edges(state: SystemPart, *, timers: bool) -> set[str]:
    """Give where the system takes a state by itself; over its timers too, if they are asked for."""
    found = {entry.to for entry in state.next} | {state.failed or "", state.unknown or ""}
    return found | {after.to for after in state.after} if timers else found


def _first_cycle(edges: Mapping[str, set[str]]) -> list[str] | None:
    """Give the shortest cycle through the first state that is on one, that state at both ends."""
    left = dict(edges)
    while dead := {name for name, to in left.items() if not to & left.keys()}:
        left = {name: to for name, to in left.items() if name not in dead}
    cycles = (_way_back(name, left) for name in left)
    return next((cycle for cycle in cycles if cycle), None)


def _way_back(start: str, edges: Mapping[str, set[str]]) -> list[str] | None:
    came_from: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for target in sorted(edges[name] & edges.keys() - came_from.keys()):
            came_from[target] = name
            waiting.append(target)
            if target == start:
                way = [start]
                while len(way) == 1 or way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
    return None

"""The graph of states: what can be reached, what ends, and what can fall through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from ..document.states import AgentPart, FinalPart, StatePart, SystemPart
from ..near import near
from ..positions import Path
from .view import View
from .walk import events, live_states, next_lists, state_targets


def check_graph(view: View) -> None:
    """Find states that nothing leads to or out of, and lists of transitions with a gap."""
    for path, name, state in live_states(view.document):
        _check_ways_out(view, path, name, state)
    edges = {name: _meant(view, _edges(view, name, state)) for _, name, state in live_states(view.document)}
    reached = reachable(_meant(view, {view.document.initial}), edges_of(view))
    backwards: dict[str, set[str]] = {}
    for name, to in edges.items():
        for target in to:
            backwards.setdefault(target, set()).add(name)
    finals = [name for name, state in view.document.states.items() if isinstance(state, FinalPart)]
    ending = reachable(finals, backwards)
    for name in _first_of(view.document.states.keys() - reached, view, edges):
        hint = "Let some `next`, `after`, limit, `failed` or `unknown` lead here, or remove it."
        view.at_key("PM501", ("states", name), f"nothing leads from `{view.document.initial}` to `{name}`", hint)
    for name in view.document.states:
        if name in reached and name not in ending:
            hint = "Give it a way on. A limit of the whole session does not count: it is there for emergencies."
            view.at_key("PM502", ("states", name), f"no final state can be reached from `{name}`", hint)


def edges_of(view: View) -> Mapping[str, AbstractSet[str]]:
    """Give the states each state can lead to, over limits of the whole session too."""
    always = _meant(view, {limit.then for limit in view.document.limits})
    return {name: _meant(view, _edges(view, name, state)) | always for _, name, state in live_states(view.document)}


def _meant(view: View, names: AbstractSet[str]) -> set[str]:
    """Give states for names: for one there is not, the near one, or any, so that it is found once only."""
    states = view.document.states
    found: set[str] = set()
    for name in names:
        meant = name if name in states else None if view.findings.full else near(name, tuple(states))
        found |= states.keys() if meant is None else {meant}
    return found


def _first_of(unreached: AbstractSet[str], view: View, edges: Mapping[str, AbstractSet[str]]) -> Iterator[str]:
    """Leave out the states that only other unreached ones lead to: they are found once those are mended."""
    led_to = {target for name in unreached for target in edges.get(name, set[str]()) - {name}}
    explained: set[str] = set()
    in_order = [name for name in view.document.states if name in unreached]
    for name in (*(name for name in in_order if name not in led_to), *in_order):
        if name not in explained:
            yield name
            explained |= reachable([name], edges)


def _edges(view: View, name: str, state: StatePart) -> set[str]:
    """Give the states one state can lead to, but for the limits of the whole session."""
    found = {target for _, target in state_targets(state, ("states", name))}
    confidence = view.document.confidence
    if confidence is not None and isinstance(state, AgentPart) and state.confidence != "off":
        in_force = any(event.confidence != "off" for event in state.events.values())
        found |= {confidence.below} if in_force else set[str]()
    return found


def reachable(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Give the states that can be reached, the starts included."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _check_ways_out(view: View, path: Path, name: str, state: StatePart) -> None:
    covered = any(after.when is None for after in state.after)
    if not isinstance(state, SystemPart):
        if not any(True for _ in events(state, path)):
            view.at_key(
                "PM505", path, f"the state `{name}` has no event, so its actor can never leave it", "Add `events`."
            )
    elif not state.next and not covered:
        hint = "Add `next`, or an `after` without `when`."
        view.at_key("PM505", path, f"nothing leaves the state `{name}`", hint)
    for list_path, entries in next_lists(state, path):
        for index, entry in enumerate(entries[:-1]):
            if entry.when is None:
                hint = "Give it a `when`, or remove what stands behind it."
                message = "this entry has no `when`, so what stands behind it is never tried"
                view.at_value("PM506", (*list_path, index), message, hint)
        if entries and all(entry.when is not None for entry in entries) and not covered:
            hint = "End the list with an entry without `when`, or cover the state by an `after` without `when`."
            view.at_value(
                "PM504", (*list_path, len(entries) - 1), "if no `when` is true, this `next` leads nowhere", hint
            )

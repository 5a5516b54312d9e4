"""Fields of the record that nothing can have written where they are read.

A field may be there in a state if the start gives it, if a state that can come before writes it, or if the
state itself does. Order within a state is not looked at, and neither is what `has(…)` asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..bounds import FLOW_STEPS
from ..document.states import AgentPart, HumanPart, SetPart, StatePart
from ..positions import Path
from .graph import edges_of, reachable
from .sites import sites
from .view import View
from .walk import events, live_states, saved_fields, steps, uses


def check_fields(view: View) -> None:
    """Find reads of fields that are never there; each field is told once for a state."""
    if view.findings.has("PM303"):  # a misspelt field is written under its own name once that is mended
        return
    edges = edges_of(view)
    reached = reachable(view.document.states.keys() & {view.document.initial}, edges)
    writers = _writers(view, reached)
    given = {*view.document.start.requires, *view.document.start.accepts}
    reads = [
        (path, name, field)
        for path, name, field in (*_shown(view), *_read(view))
        if name in reached and field in view.document.record and field not in given
    ]
    fields = {field for _, _, field in reads}
    if len(fields) * len(edges) > FLOW_STEPS:
        return
    there = {field: reachable(writers.get(field, ()), edges) for field in fields}
    told: set[tuple[str, str]] = set()
    for path, name, field in reads:
        if name not in there[field] and (name, field) not in told:
            told.add((name, field))
            message = f"nothing can have written `{field}` when the session is in `{name}`"
            view.at_value("PM313", path, message, _hint(field, writers.get(field, ())))


def _writers(view: View, reached: AbstractSet[str]) -> Mapping[str, Sequence[str]]:
    """Give the states that write each field, of those that can be reached."""
    found: dict[str, list[str]] = {}
    for _, name, state in live_states(view.document):
        for field in _written(state) if name in reached else ():
            found.setdefault(field, []).append(name)
    return found


def _hint(field: str, writers: Sequence[str]) -> str:
    if not writers:
        return f"Let an event require it, a step save it, or the `start` give it; or ask with `has(record.{field})`."
    return f"`{writers[0]}` writes it, which cannot come before; or ask with `has(record.{field})`."


def _written(state: StatePart) -> set[str]:
    """Give the fields that a state's steps, tools, events and review write."""
    found: set[str] = set()
    for _, step in steps(state, ()):
        found.update(step.set_ if isinstance(step, SetPart) else saved_fields(step.save))
    for _, _, event in events(state, ()):
        found.update((*event.requires, *event.accepts))
    if isinstance(state, AgentPart):
        for _, use in uses(state, ()):
            found.update(saved_fields(use.save))
    if isinstance(state, HumanPart):
        found.update(state.review.edit)
    return found


def _shown(view: View) -> Iterator[tuple[Path, str, str]]:
    """Give the fields that states show, each with its place and its state."""
    for path, name, state in live_states(view.document):
        if isinstance(state, AgentPart):
            yield from (((*path, "show", index), name, field) for index, field in enumerate(state.show))
        if isinstance(state, HumanPart):
            for index, item in enumerate(state.review.show):
                if isinstance(item, str):
                    yield (*path, "review", "show", index), name, item


def _read(view: View) -> Iterator[tuple[Path, str, str]]:
    """Give the fields that a state's expressions need."""
    for site in sites(view.document):
        if site.path[0] == "states":
            for root, members in view.compiled.needs(site.text):
                if root == "record" and members:
                    yield site.path, str(site.path[1]), members[0]

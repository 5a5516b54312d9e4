"""People: reviews that wait for ever, that the starter could decide, or that an agent could avoid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..document import ConfidencePart, Document
from ..document.states import (
    AgentPart,
    FinalPart,
    HumanPart,
    ReviewPart,
    SetPart,
    StatePart,
    SystemPart,
    TransitionPart,
)
from ..expressions import expression_text
from ..positions import Path
from .compiled import Read
from .view import View
from .walk import events, live_states, next_lists, saved_fields, steps, uses


def check_people(view: View) -> None:
    """Judge reviews, the state `below`, the owners of final states, and guards that skip a person."""
    document = view.document
    for name, state in document.states.items():
        if isinstance(state, HumanPart):
            _check_review(view, ("states", name, "review"), state.review)
        elif isinstance(state, FinalPart) and state.final in ("manual", "failed") and state.owner is None:
            message = f"nobody owns the final state `{name}`, where somebody has to go on"
            view.at_key("PM605", ("states", name), message, "Add `owner`: who takes over.")
    if document.confidence is not None:
        below = document.states.get(document.confidence.below)
        if below is not None and not isinstance(below, HumanPart):
            people = [name for name, state in document.states.items() if isinstance(state, HumanPart)]
            message = f"`{document.confidence.below}` is no human state"
            hint = f"Low confidence must bring in a person{one_of(people)}."
            view.at_value("PM603", ("confidence", "below"), message, hint)
        _check_floors(view, document.confidence)
    _check_skips(view)


def one_of(states: Sequence[str]) -> str:
    """Name some of the states that may stand in a place."""
    return f": {', '.join(f'`{name}`' for name in states[:5])}" if states else ""


def _check_floors(view: View, confidence: ConfidencePart) -> None:
    """Find floors that nothing is held to."""
    states = view.document.states
    in_force = [
        event
        for _, _, state in live_states(view.document)
        if isinstance(state, AgentPart) and state.confidence != "off"
        for event in state.events.values()
        if event.confidence != "off"
    ]
    if not in_force:
        message = "no event of an agent or model state is held to this: they all say `confidence: off`"
        view.at_key("PM706", ("confidence",), message, "Remove it, or remove an `off`.")
    elif confidence.floor == confidence.path_floor == 0:
        view.at_key(
            "PM706", ("confidence",), "no confidence is below a floor of 0", "Add `floor: 0.8` or a `path_floor`."
        )
    elif all(isinstance(states.get(entry.to), HumanPart) for event in in_force for entry in event.next):
        message = "every event that is held to this leads to a person anyway, so no floor sends a session anywhere"
        view.at_key("PM706", ("confidence",), message, "Remove it, or let an event that is sure enough lead on.")


def _check_review(view: View, path: Path, review: ReviewPart) -> None:
    if review.due is None:
        hint = "Add `due: {in: 2d, then: …}`: by when, and what happens if nobody decides."
        view.at_key("PM601", path, "this review may wait for ever", hint)
    if "elicitation" not in review.accept and not reads_starter(view, review.exclude):
        hint = "Add `exclude: [=session.started_by]`."
        view.at_key("PM602", path, "whoever started the session could decide this review", hint)


def reads_starter(view: View, exclude: Sequence[str]) -> bool:
    """Whether an `exclude` leaves out who started the session."""
    texts = (expression_text(text) for text in exclude)
    return any(text is not None and ("session", ("started_by",)) in view.compiled.reads(text) for text in texts)


def _check_skips(view: View) -> None:
    """Find guards that decide by an agent's word alone whether a person is asked.

    In a list where some entries lead to a person and some do not, no guard should read a field that only
    events of agents write, nor the payload of an agent's own event.
    """
    document = view.document
    agents_only = set(_written_by_agents(document)) - set(_written_by_others(document))
    people = _bringing_people(document)
    for path, _, state in live_states(document):
        if not isinstance(state, AgentPart | SystemPart):
            continue
        for list_path, entries in next_lists(state, path):
            if len({entry.to in people for entry in entries}) == 2:
                _check_list(view, list_path, state, entries, agents_only)


def _check_list(
    view: View, path: Path, state: StatePart, entries: Sequence[TransitionPart], agents_only: set[str]
) -> None:
    for index, entry in enumerate(entries):
        read = frozenset[Read]() if entry.when is None else view.compiled.reads(entry.when)
        fields = {members[0] for root, members in read if root == "record" and members} & agents_only
        if isinstance(state, AgentPart):
            fields |= {members[0] for root, members in read if root == "event" and members}
        if fields:
            message = f"this guard can skip a person on what only an agent said: {', '.join(sorted(fields))}"
            hint = "Decide on what a tool or a person gave, or lead to the person in any case."
            view.at_value("PM604", (*path, index, "when"), message, hint)


def _bringing_people(document: Document) -> set[str]:
    """Give the states after which a person acts next: human ones, and system ones all of whose `next` lead there."""
    found = {name for name, state in document.states.items() if isinstance(state, HumanPart)}
    system = {
        name: {entry.to for entry in state.next}
        for name, state in document.states.items()
        if isinstance(state, SystemPart) and state.next
    }
    while more := {name for name, to in system.items() if name not in found and to <= found}:
        found |= more
    return found


def _written_by_agents(document: Document) -> Iterator[str]:
    for path, _, state in live_states(document):
        if isinstance(state, AgentPart):
            for _, _, event in events(state, path):
                yield from (*event.requires, *event.accepts)


def _written_by_others(document: Document) -> Iterator[str]:
    """Give the fields that the start, a tool, a person or the outside writes."""
    yield from (*document.start.requires, *document.start.accepts)
    for path, _, state in live_states(document):
        for _, step in steps(state, path):
            if isinstance(step, SetPart):
                yield from step.set_
            else:
                yield from saved_fields(step.save)
        if isinstance(state, AgentPart):
            for _, use in uses(state, path):
                yield from saved_fields(use.save)
            continue
        if isinstance(state, HumanPart):
            yield from state.review.edit
        for _, _, event in events(state, path):
            yield from (*event.requires, *event.accepts)

"""Ways through a document: its states, steps, events, the states and tools it names, each with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..document import Document
from ..document.states import (
    AgentPart,
    AllPart,
    CallPart,
    EventPart,
    ExternalPart,
    FinalPart,
    HumanPart,
    Save,
    SetPart,
    ShowCallPart,
    StatePart,
    StepPart,
    SystemPart,
    TransitionPart,
)
from ..positions import Path
from ..values import Json

Role: TypeAlias = Literal["offered", "step", "shown", "reconcile", "evidence"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A tool that is named. `arguments` are those given there, None where none can be.

    `path` leads to the name, `whole` to the mapping it stands in; `state` is None in a policy.
    """

    tool: str
    path: Path
    role: Role
    state: str | None
    whole: Path
    arguments: Mapping[str, Json] | None


def live_states(document: Document) -> Iterator[tuple[Path, str, StatePart]]:
    """Give every state that is not final, with its path and name."""
    for name, part in document.states.items():
        if not isinstance(part, FinalPart):
            yield ("states", name), name, part


def step_lists(state: StatePart, path: Path) -> Iterator[tuple[Path, Sequence[StepPart]]]:
    """Give the lists of steps of a state."""
    yield (*path, "entry"), state.entry
    if isinstance(state, SystemPart):
        yield (*path, "run"), state.run


def steps(state: StatePart, path: Path) -> Iterator[tuple[Path, CallPart | SetPart]]:
    """Give every call and `set` of a state, those in an `all` included."""
    for list_path, parts in step_lists(state, path):
        for index, part in enumerate(parts):
            if isinstance(part, AllPart):
                yield from (((*list_path, index, "all", inner), each) for inner, each in enumerate(part.all_))
            else:
                yield (*list_path, index), part


def events(state: StatePart, path: Path) -> Iterator[tuple[Path, str, EventPart]]:
    """Give the events of a state; a system state has none."""
    if isinstance(state, AgentPart | HumanPart | ExternalPart):
        for name, event in state.events.items():
            yield (*path, "events", name), name, event


def next_lists(state: StatePart, path: Path) -> Iterator[tuple[Path, Sequence[TransitionPart]]]:
    """Give every `next` of a state."""
    if isinstance(state, SystemPart):
        yield (*path, "next"), state.next
    for event_path, _, event in events(state, path):
        yield (*event_path, "next"), event.next


def targets(document: Document) -> Iterator[tuple[Path, str]]:
    """Give every state that is named as a target, with the path of its name."""
    yield ("initial",), document.initial
    if document.confidence is not None:
        yield ("confidence", "below"), document.confidence.below
    for index, limit in enumerate(document.limits):
        yield ("limits", index, "then"), limit.then
    for path, _, state in live_states(document):
        yield from state_targets(state, path)


def state_targets(state: StatePart, path: Path) -> Iterator[tuple[Path, str]]:
    """Give the states that one state names as targets."""
    for list_path, entries in next_lists(state, path):
        for index, entry in enumerate(entries):
            yield (*list_path, index, "to"), entry.to
    for index, after in enumerate(state.after):
        yield (*path, "after", index, "to"), after.to
    for index, limit in enumerate(state.limits):
        yield (*path, "limits", index, "then"), limit.then
    if isinstance(state, HumanPart) and state.review.due is not None:
        yield (*path, "review", "due", "then"), state.review.due.then
    if state.failed is not None:
        yield (*path, "failed"), state.failed
    if state.unknown is not None:
        yield (*path, "unknown"), state.unknown


def saved_fields(save: Save | None) -> tuple[str, ...]:
    """Give the fields that a `save` writes."""
    return () if save is None else (save,) if isinstance(save, str) else tuple(save)


def mentions(document: Document) -> Iterator[Mention]:
    """Give every tool that is named, but for the keys of `tools`."""
    for name, policy in document.tools.items():
        if policy.reconcile is not None:
            path: Path = ("tools", name, "reconcile")
            yield Mention(policy.reconcile.call, (*path, "call"), "reconcile", None, path, policy.reconcile.with_)
    for path, name, state in live_states(document):
        yield from _state_mentions(path, name, state)


def _state_mentions(path: Path, name: str, state: StatePart) -> Iterator[Mention]:
    for step_path, step in steps(state, path):
        if isinstance(step, CallPart):
            yield Mention(step.call, (*step_path, "call"), "step", name, step_path, step.with_)
    if isinstance(state, AgentPart):
        for index, use in enumerate(state.tools):
            use_path = (*path, "tools", index)
            yield Mention(use.use, (*use_path, "use"), "offered", name, use_path, use.with_)
    if isinstance(state, HumanPart):
        for item_path, item in shown_calls(state, path):
            yield Mention(item.call, (*item_path, "call"), "shown", name, item_path, item.with_)
    for event_path, _, event in events(state, path):
        for index, tool in enumerate(event.evidence):
            yield Mention(tool, (*event_path, "evidence", index), "evidence", name, event_path, None)


def shown_calls(state: HumanPart, path: Path) -> Iterator[tuple[Path, ShowCallPart]]:
    """Give the calls that are made for a reviewer to see."""
    for index, item in enumerate(state.review.show):
        if isinstance(item, ShowCallPart):
            yield (*path, "review", "show", index), item

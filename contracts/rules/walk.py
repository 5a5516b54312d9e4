"""Ways through a document: its states, steps, events, the states and tools it names, each with its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..document import Document
from ..document.states import (
    AgentPart,
    AgreePart,
    AllPart,
    CallPart,
    EventPart,
    EvidencePart,
    ExternalPart,
    FinalPart,
    HumanPart,
    ModelPart,
    Save,
    SecondCallPart,
    SecondModelPart,
    SetPart,
    ShowCallPart,
    StatePart,
    StepPart,
    SystemPart,
    ToolGroupPart,
    ToolUsePart,
    TransitionPart,
)
from ..positions import Path
from ..values import Json

Role: TypeAlias = Literal["offered", "step", "shown", "reconcile", "evidence", "fetched", "second"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A tool that is named. `arguments` are those given there.

    `path` leads to the name, `whole` to the mapping it stands in; `state` is None in a policy.
    """

    tool: str
    path: Path
    role: Role
    state: str | None
    whole: Path
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A call that must have succeeded. `name` is what guards call it; the tool's own in a list."""

    name: str
    path: Path
    tool_path: Path
    part: EvidencePart


def live_states(document: Document) -> Iterator[tuple[Path, str, StatePart]]:
    """Give every state that is not final, with its path and name."""
    for name, part in document.states.items():
        if not isinstance(part, FinalPart):
            yield ("states", name), name, part


def step_lists(state: StatePart, path: Path) -> Iterator[tuple[Path, Sequence[StepPart]]]:
    """Give the lists of steps of a state."""
    yield (*path, "entry"), state.entry
    yield (*path, "exit"), state.exit
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


def uses(state: AgentPart, path: Path) -> Iterator[tuple[Path, ToolUsePart]]:
    """Give the tools that a state offers by name, each with the path of its mapping."""
    for index, offer in enumerate(state.tools):
        if isinstance(offer, ToolUsePart):
            yield (*path, "tools", index), offer


def groups(state: AgentPart, path: Path) -> Iterator[tuple[Path, ToolGroupPart]]:
    """Give what a state offers by source and effect."""
    for index, offer in enumerate(state.tools):
        if isinstance(offer, ToolGroupPart):
            yield (*path, "tools", index), offer


def models(document: Document) -> Iterator[tuple[Path, ModelPart]]:
    """Give every model that the server asks: of a state, and of its second reading."""
    for path, _, state in live_states(document):
        if isinstance(state, AgentPart) and state.model is not None:
            yield (*path, "model"), state.model
        if isinstance(state, AgentPart) and state.agree is not None and isinstance(state.agree.second, SecondModelPart):
            yield (*path, "agree", "second", "model"), state.agree.second.model


def agreements(document: Document) -> Iterator[tuple[Path, AgentPart, AgreePart]]:
    """Give every state that is read twice, with what is said of it and the path of that."""
    for path, _, state in live_states(document):
        if isinstance(state, AgentPart) and state.agree is not None:
            yield (*path, "agree"), state, state.agree


def second_call(agree: AgreePart | None, path: Path) -> Iterator[tuple[Path, SecondCallPart]]:
    """Give the call that is a second reading, if it is one."""
    if agree is not None and isinstance(agree.second, SecondCallPart):
        yield (*path, "agree", "second"), agree.second


def demanding(state: StatePart, path: Path) -> Iterator[tuple[Path, EventPart | ToolUsePart]]:
    """Give what may demand evidence in a state: its events, and the tools it offers by name."""
    yield from ((event_path, event) for event_path, _, event in events(state, path))
    if isinstance(state, AgentPart):
        yield from uses(state, path)


def evidence(part: EventPart | ToolUsePart, path: Path) -> Iterator[EvidenceItem]:
    """Give what an event or a tool needs as evidence, one form for the list and the map."""
    if isinstance(part.evidence, dict):
        for name, item in part.evidence.items():
            item_path = (*path, "evidence", name)
            yield EvidenceItem(name, item_path, (*item_path, "call"), item)
    else:
        for index, tool in enumerate(part.evidence):
            item_path = (*path, "evidence", index)
            yield EvidenceItem(tool, item_path, item_path, EvidencePart(call=tool))


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
    if isinstance(state, AgentPart) and state.agree is not None:
        yield (*path, "agree", "differ"), state.agree.differ
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
        for use_path, use in uses(state, path):
            yield Mention(use.use, (*use_path, "use"), "offered", name, use_path, use.with_)
            yield from _evidence_mentions(use_path, name, use)
        for call_path, call in second_call(state.agree, path):
            yield Mention(call.call, (*call_path, "call"), "second", name, call_path, call.with_)
    if isinstance(state, HumanPart):
        for item_path, item in shown_calls(state, path):
            yield Mention(item.call, (*item_path, "call"), "shown", name, item_path, item.with_)
    for event_path, _, event in events(state, path):
        yield from _evidence_mentions(event_path, name, event)


def _evidence_mentions(path: Path, state: str, part: EventPart | ToolUsePart) -> Iterator[Mention]:
    for one in evidence(part, path):
        role: Role = "fetched" if one.part.fetch else "evidence"
        yield Mention(one.part.call, one.tool_path, role, state, one.path, one.part.with_)


def shown_calls(state: HumanPart, path: Path) -> Iterator[tuple[Path, ShowCallPart]]:
    """Give the calls that are made for a reviewer to see."""
    for index, item in enumerate(state.review.show):
        if isinstance(item, ShowCallPart):
            yield (*path, "review", "show", index), item

"""Evidence: calls that can have been made, that are reads where the server makes them, and that can be fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..document.states import AgentPart, CallPart, EventPart, ToolUsePart
from ..near import near
from ..visible import visible
from .tools import is_write
from .view import View
from .walk import EvidenceItem, demanding, evidence, groups, live_states, steps, uses


def check_evidence(view: View) -> None:
    """Judge the evidence of every event, and of every tool in a state."""
    makers = _Makers.of(view)
    for path, name, state in live_states(view.document):
        for part_path, part in demanding(state, path):
            items = tuple(evidence(part, part_path))
            for index, item in enumerate(items):
                _check_made(view, makers, name, part, item)
                _check_fetch(view, item)
                _check_until(view, makers, item)
                if isinstance(part.evidence, dict):
                    _check_repeated(view, item, items[:index])
            _check_fresh(view, items)


@dataclass(frozen=True, slots=True)
class _Makers:
    """Which tools are called in which state: those it offers by name, those of its steps, and its groups."""

    offered: dict[str, set[str]]
    stepped: dict[str, set[str]]
    grouped: dict[str, set[tuple[str, bool]]]
    fetched: set[str]

    @classmethod
    def of(cls, view: View) -> _Makers:
        """Gather them."""
        made = cls({}, {}, {}, set())
        for path, name, state in live_states(view.document):
            made.stepped[name] = {step.call for _, step in steps(state, path) if isinstance(step, CallPart)}
            agent = state if isinstance(state, AgentPart) else None
            made.offered[name] = set() if agent is None else {use.use for _, use in uses(agent, path)}
            made.grouped[name] = (
                set()
                if agent is None
                else {(group.source, group.effect == "write") for _, group in groups(agent, path)}
            )
            items = (item for part_path, part in demanding(state, path) for item in evidence(part, part_path))
            made.fetched.update(item.part.call for item in items if item.part.fetch)
        return made

    def calls(self, view: View, state: str, tool: str, but: str | None = None) -> bool:
        """Whether a state can call a tool, otherwise than by offering the tool `but`."""
        if tool in self.stepped[state] or (tool in self.offered[state] and tool != but):
            return True
        return tool != but and (tool.partition(".")[0], is_write(view, tool)) in self.grouped[state]

    def states(self, view: View, tool: str) -> list[str]:
        """Give the states that can call a tool."""
        return [state for state in self.stepped if self.calls(view, state, tool)]

    def names(self) -> list[str]:
        """Give every tool that some state calls by its name."""
        return sorted({*self.fetched}.union(*self.offered.values(), *self.stepped.values()))


def _check_made(view: View, makers: _Makers, state: str, part: EventPart | ToolUsePart, item: EvidenceItem) -> None:
    """Find a call that nobody can have made by then."""
    tool = item.part.call
    if item.part.fetch or tool.partition(".")[0] not in view.declared.sources:
        return
    own = part.use if isinstance(part, ToolUsePart) else None
    stay = item.part.within == "stay"
    elsewhere = tool in makers.fetched or any(other != state for other in makers.states(view, tool))
    if makers.calls(view, state, tool, own) or (elsewhere and not stay):
        return
    if tool == own:
        message = f"`{tool}` is evidence for itself, so there is never a first call of it"
        view.at_value("PM311", item.tool_path, message, "Name the call that must come before it.")
    elif stay:
        message = f"the state `{state}` does not offer `{tool}`, so it can never have succeeded there"
        view.at_value("PM311", item.tool_path, message, _way_to_make(view, makers, state, tool))
    else:
        message = f"no state makes `{tool}`, so it can never have succeeded"
        meant = near(tool, makers.names())
        hint = f"Did you mean `{meant}`?" if meant else "Offer it in a state that comes before."
        view.at_value("PM311", item.tool_path, message, hint)


def _way_to_make(view: View, makers: _Makers, state: str, tool: str) -> str:
    meant = near(tool, sorted(makers.offered[state] | makers.stepped[state]))
    if meant is not None and tool not in view.document.tools:
        return f"Did you mean `{meant}`?"
    elsewhere = next(iter(makers.states(view, tool)), None)
    if elsewhere is not None:
        return f"Ask for the call of `{elsewhere}` with `within: session`, or add it to this state."
    agent = isinstance(view.document.states[state], AgentPart)
    return "Add it to the state's `tools`." if agent else "Add it to the state's `entry`, or to a state before."


def _check_fetch(view: View, item: EvidenceItem) -> None:
    if item.part.fetch and is_write(view, item.part.call):
        hint = "Leave `fetch` out; or, if it changes nothing, say `effect: read` of it under `tools`."
        message = f"the server would make the write `{item.part.call}` by itself, only to have evidence"
        view.at_key("PM713", (*item.path, "fetch"), message, hint)


def _check_until(view: View, makers: _Makers, item: EvidenceItem) -> None:
    names = makers.names()
    for index, name in enumerate(item.part.until):
        path = (*item.path, "until", index)
        if name in item.part.until[:index]:
            view.at_value("PM312", path, f"`{visible(name)}` stands twice here", "Keep one of them.")
        elif name != "write" and not makers.states(view, name) and name not in makers.fetched:
            meant = near(name, ("write", *names))
            hint = (
                f"Did you mean `{meant}`?" if meant else "Name a tool that some state calls, or `write` for any write."
            )
            what = "no state calls" if "." in name else "there is no tool"
            view.at_value("PM714", path, f"{what} `{visible(name)}`, so it never makes this void", hint)


def _check_repeated(view: View, item: EvidenceItem, before: Sequence[EvidenceItem]) -> None:
    same = next((one.name for one in before if one.part == item.part), None)
    if same is not None:
        view.at_key("PM312", item.path, f"`{item.name}` is the same call as `{same}`", "Keep one of them.")


def _check_fresh(view: View, items: Sequence[EvidenceItem]) -> None:
    """Find two calls each of which makes the other void: whichever comes later, one is missing."""
    for index, item in enumerate(items):
        for other in items[:index]:
            if item.part.call != other.part.call and _voids(view, item, other) and _voids(view, other, item):
                message = f"`{item.name}` makes `{other.name}` void and the other way round, so never are both fresh"
                hint = "Leave one of the two `until` out, or name in it only what truly makes the call void."
                view.at_value("PM715", (*item.path, "until"), message, hint)


def _voids(view: View, one: EvidenceItem, other: EvidenceItem) -> bool:
    """Whether a later call of the one makes the other void."""
    return one.part.call in other.part.until or ("write" in other.part.until and is_write(view, one.part.call))

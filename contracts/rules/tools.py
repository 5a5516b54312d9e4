"""Tools: what happens when they fail, how writes stay single, and evidence that can be given."""

from __future__ import annotations

from collections.abc import Iterator

from ..document.states import (
    AgentPart,
    AllPart,
    CallPart,
    EventPart,
    SetPart,
    StatePart,
    ToolGroupPart,
    ToolUsePart,
)
from ..document.tools import KeyPart
from ..expressions import has_expression
from ..positions import Path
from .view import View
from .walk import Mention, events, evidence, groups, live_states, mentions, saved_fields, step_lists, steps, uses


def check_tools(view: View) -> None:
    """Judge the ways out of failing steps, keys of writes, evidence, and policies that nobody needs."""
    named = list(mentions(view.document))
    for path, name, state in live_states(view.document):
        _check_ways_out(view, path, name, state)
        _check_branches(view, path, state)
    given = _given(view, named)
    _check_evidence(view, given)
    _check_writes(view, named)
    used = {mention.tool for mention in named} | {tool for _, tool in given}
    for name in view.document.tools:
        if name not in used:
            view.at_key("PM309", ("tools", name), f"no state uses the tool `{name}`", "Remove it, or use it.")


def is_write(view: View, tool: str) -> bool:
    """Whether a tool counts as a write: all do that are not declared reads.

    A tool whose policy or source is faulty is judged once that is mended.
    """
    policy = view.document.tools.get(tool)
    if policy is not None:
        return policy.effect == "write"
    return tool not in view.declared.tools and tool.partition(".")[0] in view.declared.sources


def _check_ways_out(view: View, path: Path, name: str, state: StatePart) -> None:
    """A step that fails, or a write nobody knows the end of, must lead somewhere."""
    can_fail = any(isinstance(step, CallPart) or has_expression(step.set_) for _, step in steps(state, path))
    if can_fail and state.failed is None:
        hint = "Add `failed: some_state`, where the session goes when a step fails."
        view.at_key("PM701", path, f"the steps of `{name}` can fail, and `failed` does not say what then", hint)
    writes = [step.call for _, step in steps(state, path) if isinstance(step, CallPart) and is_write(view, step.call)]
    if isinstance(state, AgentPart):
        writes += [use.use for _, use in uses(state, path) if is_write(view, use.use)]
        writes += [f"{group.source}.*" for _, group in groups(state, path) if group.effect == "write"]
    if writes and state.unknown is None:
        hint = f"Add `unknown: some_state`, or, if it changes nothing, `{writes[0]}: {{effect: read}}` under `tools`."
        view.at_key(
            "PM702", path, f"the write `{writes[0]}` in `{name}` can stay unknown, and `unknown` is missing", hint
        )


def _check_branches(view: View, path: Path, state: StatePart) -> None:
    for list_path, parts in step_lists(state, path):
        for index, part in enumerate(parts):
            saved: set[str] = set()
            for branch, step in enumerate(part.all_ if isinstance(part, AllPart) else ()):
                fields = _fields(step)
                for field in sorted(fields & saved):
                    message = f"another branch of this `all` saves `{field}` too"
                    view.at_value("PM705", (*list_path, index, "all", branch), message, "Save to different fields.")
                saved |= fields


def _fields(step: CallPart | SetPart) -> set[str]:
    if isinstance(step, SetPart):
        return set(step.set_)
    return set(saved_fields(step.save))


def _check_evidence(view: View, given: set[tuple[str | None, str]]) -> None:
    """Find evidence that no call can give. `given` are the calls that each state lets happen."""
    anywhere = {tool for _, tool in given}
    for name, part, path in _demanding(view):
        for item in evidence(part, path):
            tool = item.part.call
            session = item.part.within == "session"
            if item.part.fetch or (name, tool) in given or (session and tool in anywhere):
                continue
            where = "no state offers" if session else f"the state `{name}` does not offer"
            message = f"{where} `{tool}`, so it can never have succeeded there"
            view.at_value("PM311", item.tool_path, message, "Add it to the state's `tools`.")


def _demanding(view: View) -> Iterator[tuple[str, EventPart | ToolUsePart, Path]]:
    """Give what may need evidence: the events of a state, and the tools it offers by name."""
    for path, name, state in live_states(view.document):
        if isinstance(state, AgentPart):
            yield from ((name, use, use_path) for use_path, use in uses(state, path))
        yield from ((name, event, event_path) for event_path, _, event in events(state, path))


def _given(view: View, named: list[Mention]) -> set[tuple[str | None, str]]:
    """Give the tools that a state calls or offers, by state; those of its groups are the ones the file names."""
    found = {(mention.state, mention.tool) for mention in named if mention.role in ("offered", "step")}
    known = {*view.document.tools, *(mention.tool for mention in named)}
    for path, name, state in live_states(view.document):
        for _, group in groups(state, path) if isinstance(state, AgentPart) else ():
            found |= {(name, tool) for tool in known if _in_group(view, tool, group)}
    return found


def _in_group(view: View, tool: str, group: ToolGroupPart) -> bool:
    return tool.partition(".")[0] == group.source and is_write(view, tool) == (group.effect == "write")


def _check_writes(view: View, named: list[Mention]) -> None:
    """Warn of writes that cannot be repeated, once each, at their policy or where they are first used."""
    places: dict[str, Path] = {}
    for mention in named:
        if mention.role in ("offered", "step") and is_write(view, mention.tool):
            declared = mention.tool in view.document.tools
            places.setdefault(mention.tool, ("tools", mention.tool) if declared else mention.path)
    for tool, path in places.items():
        policy = view.document.tools.get(tool)
        if policy is None or (policy.key is None and policy.reconcile is None):
            hint = (
                "Add `key` if its downstream takes one, else `reconcile`; in doubt a person must settle it otherwise."
            )
            view.at_tool("PM703", path, f"the write `{tool}` has neither `key` nor `reconcile`", hint)
        elif isinstance(policy.key, KeyPart) and not policy.key.over:
            hint = "Name the arguments that make two calls the same; without it, all of them do."
            view.at_key("PM704", (*path, "key"), f"the key of `{tool}` has no `over`", hint)

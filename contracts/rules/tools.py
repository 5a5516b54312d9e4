"""Tools: what happens when they fail, how writes stay single, and policies that nobody needs."""

from __future__ import annotations

from ..document.states import AgentPart, AllPart, CallPart, SetPart, StatePart
from ..document.tools import KeyPart
from ..expressions import has_expression
from ..positions import Path
from .view import View
from .walk import Mention, groups, live_states, mentions, saved_fields, step_lists, steps, uses


def check_tools(view: View) -> None:
    """Judge the ways out of failing steps, keys of writes, and policies that nobody needs."""
    named = list(mentions(view.document))
    for path, name, state in live_states(view.document):
        _check_ways_out(view, path, name, state)
        _check_branches(view, path, state)
    _check_writes(view, named)
    used = {mention.tool for mention in named}
    grouped = {
        (group.source, group.effect)
        for path, _, state in live_states(view.document)
        if isinstance(state, AgentPart)
        for _, group in groups(state, path)
    }
    for name, policy in view.document.tools.items():
        if name not in used and (name.partition(".")[0], policy.effect) not in grouped:
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
    if isinstance(state, AgentPart) and state.model is not None and state.failed is None:
        hint = "Add `failed: some_state`, where the session goes when the model cannot be asked, or leads nowhere."
        view.at_key("PM701", path, f"the model of `{name}` can fail, and `failed` does not say what then", hint)
    elif isinstance(state, AgentPart) and state.agree is not None and state.failed is None:
        hint = "Add `failed: some_state`, where the session goes when the second reading cannot be had."
        view.at_key(
            "PM701", path, f"the second reading of `{name}` can fail, and `failed` does not say what then", hint
        )
    elif can_fail and state.failed is None:
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

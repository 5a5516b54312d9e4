"""Names that are used: states, fields, roles and tools must be declared, and stand once in a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..document import Document
from ..document.states import AgentPart, CallPart, HumanPart, Save, ToolUsePart
from ..near import near
from ..positions import Path
from .view import View, hint_for
from .walk import demanding, events, groups, live_states, mentions, saved_fields, steps, targets, uses


def check_names(view: View) -> None:
    """Find names that nothing declares, and names that stand twice."""
    for path, state in targets(view.document):
        view.known("PM301", path, "state", state, view.declared.states)
    for path, field in _fields(view.document):
        view.known("PM303", path, "field", field, view.declared.fields)
    for path, role, allowed in _roles(view.document):
        view.known("PM304", path, "role", role, allowed)
    for path, tool in _tools(view.document):
        source, _, own_name = tool.partition(".")
        if source not in view.declared.sources:
            meant = near(source, view.declared.sources)
            hint = hint_for(source, view.declared.sources) if meant is None else f"Did you mean `{meant}.{own_name}`?"
            view.at_tool("PM302", path, f"the tool `{tool}` belongs to no source of this file", hint)
    _check_groups(view)
    for path, names in _lists(view.document):
        for index, name in enumerate(names):
            if name is not None and name in names[:index]:
                view.at_value("PM312", (*path, index), f"`{name}` stands twice here", "Keep one of them.")


def _check_groups(view: View) -> None:
    """A group is of a source that is declared, and stands once in a state."""
    for path, _, state in live_states(view.document):
        seen: set[tuple[str, str]] = set()
        for group_path, group in groups(state, path) if isinstance(state, AgentPart) else ():
            if not view.known("PM302", (*group_path, "source"), "source", group.source, view.declared.sources):
                continue
            if (group.source, group.effect) in seen:
                message = f"the {group.effect}s of `{group.source}` stand here already"
                view.at_value("PM312", group_path, message, "Keep one of them.")
            seen.add((group.source, group.effect))
            if group.effect == "read" and not _has_reads(view, group.source):
                hint = f"Say which of them are reads: `{group.source}.name: {{effect: read}}` under `tools`."
                message = f"no tool of `{group.source}` is declared a read, so nothing is offered here"
                view.at_value("PM315", group_path, message, hint)


def _has_reads(view: View, source: str) -> bool:
    """Whether a tool of a source is declared a read; a faulty policy may be meant as one."""
    prefix = f"{source}."
    return any(
        name.startswith(prefix) and (name not in view.document.tools or view.document.tools[name].effect == "read")
        for name in view.declared.tools
    )


def _tools(document: Document) -> Iterator[tuple[Path, str]]:
    yield from ((("tools", name), name) for name in document.tools)
    yield from ((mention.path, mention.tool) for mention in mentions(document))


def _fields(document: Document) -> Iterator[tuple[Path, str]]:
    """Give every field of the record that is named outside expressions."""
    for key, names in (("requires", document.start.requires), ("accepts", document.start.accepts)):
        yield from _indexed(("start", key), names)
    for path, _, state in live_states(document):
        if isinstance(state, AgentPart):
            yield from _indexed((*path, "show"), state.show)
            yield from _indexed((*path, "agree", "fields"), () if state.agree is None else state.agree.fields)
            for use_path, use in uses(state, path):
                yield from _saved((*use_path, "save"), use.save)
        if isinstance(state, HumanPart):
            shown = ((index, item) for index, item in enumerate(state.review.show) if isinstance(item, str))
            yield from (((*path, "review", "show", index), item) for index, item in shown)
            yield from _indexed((*path, "review", "edit"), state.review.edit)
        for event_path, _, event in events(state, path):
            yield from _indexed((*event_path, "requires"), event.requires)
            yield from _indexed((*event_path, "accepts"), event.accepts)
        for step_path, step in steps(state, path):
            if isinstance(step, CallPart):
                yield from _saved((*step_path, "save"), step.save)
            else:
                yield from (((*step_path, "set", name), name) for name in step.set_)


def _indexed(path: Path, names: Sequence[str]) -> Iterator[tuple[Path, str]]:
    return (((*path, index), name) for index, name in enumerate(names))


def _saved(path: Path, save: Save | None) -> Iterator[tuple[Path, str]]:
    if isinstance(save, str):
        yield path, save
    else:
        yield from (((*path, name), name) for name in saved_fields(save))


def _roles(document: Document) -> Iterator[tuple[Path, str, Sequence[str]]]:
    """Give every role that is named, with what may stand there."""
    for path, _, state in live_states(document):
        if isinstance(state, HumanPart):
            yield (*path, "review", "role"), state.review.role, document.roles
        for use_path, use in uses(state, path) if isinstance(state, AgentPart) else ():
            if use.approval is not None:
                yield (*use_path, "approval", "role"), use.approval.role, document.roles
    access = document.access
    for key, grants in (("start", access.start), ("drive", access.drive), ("view", access.view)):
        special = ("anyone",) if key == "start" else ("anyone", "starter")
        for index, grant in enumerate(grants or ()):
            yield ("access", key, index), grant, (*special, *document.roles)


def _lists(document: Document) -> Iterator[tuple[Path, Sequence[str | None]]]:
    """Give every list in which a name stands once."""
    yield ("roles",), document.roles
    yield ("start", "requires"), document.start.requires
    yield ("start", "accepts"), document.start.accepts
    for path, _, state in live_states(document):
        if isinstance(state, AgentPart):
            yield (*path, "show"), state.show
            yield (*path, "agree", "fields"), [] if state.agree is None else state.agree.fields
            yield (*path, "tools"), [offer.use if isinstance(offer, ToolUsePart) else None for offer in state.tools]
        if isinstance(state, HumanPart):
            yield (*path, "review", "edit"), state.review.edit
        for event_path, _, event in events(state, path):
            yield (*event_path, "requires"), event.requires
            yield (*event_path, "accepts"), event.accepts
        for part_path, part in demanding(state, path):
            if isinstance(part.evidence, list):
                yield (*part_path, "evidence"), part.evidence

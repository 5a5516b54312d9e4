"""Tools of sources: they are there, and take the arguments they are given.

Python modules are read as text, and what is said of other sources in `pointsman.lock` beside the workflow. What
neither tells is not judged. `definitions` are what the real sources said, where somebody asked them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..document.states import AgentPart
from ..document.tools import KeyPart
from ..lock import LOCK_NAME, InvalidLock, Lock, read_lock
from ..passed_on import passed_on
from ..positions import Path as Keys
from ..python_modules import find_module, read_module
from ..signatures import Signature, ToolsOfSource, signature_of
from .view import View, hint_for
from .walk import Mention, groups, live_states, mentions


def check_sources(view: View, asked: Mapping[str, ToolsOfSource]) -> None:
    """Find tools that a source does not have, and arguments that its tools do not take.

    `asked` are the tools of the sources that were asked themselves; of the others the files beside tell.
    """
    sources = {name: _with_passed_on(view, name, tools) for name, tools in (_read(view, asked) | {**asked}).items()}
    for path, tool, mention in _tools(view):
        source, _, name = tool.partition(".")
        if source in sources:
            _check_tool(view, sources[source], path, name, mention)
    _check_groups(view, sources)


def _with_passed_on(view: View, source: str, tools: ToolsOfSource) -> ToolsOfSource:
    """Add what an MCP server offers beside its tools, as far as this file speaks of it."""
    if view.document.sources[source].mcp is None:
        return tools
    spoken_of = {tool for _, tool, _ in _tools(view)}
    beside = {
        name.removeprefix(f"{source}."): signature_of(name.removeprefix(f"{source}."), definition.input_schema)
        for name, definition in passed_on(source).items()
        if name in spoken_of
    }
    return replace(tools, tools={**beside, **tools.tools})


def _read(view: View, asked: Mapping[str, ToolsOfSource]) -> dict[str, ToolsOfSource]:
    found: dict[str, ToolsOfSource] = {}
    lock = _lock(view)
    for name, part in view.document.sources.items():
        if name in asked:
            continue
        tools = _locked(view, lock, name) if part.python is None else _module(view, name, part.python)
        if tools is not None:
            found[name] = tools
    return found


def _module(view: View, source: str, name: str) -> ToolsOfSource | None:
    path = find_module(name, Path(view.findings.file).parent)
    module = None if path is None else read_module(path)
    if module is None:
        found = "cannot be read" if path is not None else "is neither beside this file nor on Python's path"
        hint = "Mend the name, or check the file where the module is installed."
        view.at_value("PM308", ("sources", source, "python"), f"the module `{name}` {found}", hint)
        return None
    return ToolsOfSource(f"`{module.path.name}`", "public function", module.functions, module.complete)


def _lock(view: View) -> Lock | None:
    if all(part.python is not None for part in view.document.sources.values()):
        return None
    try:
        return read_lock(Path(view.findings.file).with_name(LOCK_NAME))
    except InvalidLock as error:
        hint = "Let it be written anew from the sources, or remove it."
        view.at_key("PM318", ("sources",), f"`{LOCK_NAME}` beside this file cannot be used: {error}", hint)
        return None


def _locked(view: View, lock: Lock | None, source: str) -> ToolsOfSource | None:
    if lock is None:
        return None
    if source not in lock.sources:
        hint = hint_for(source, tuple(lock.sources)) or "Let the lock be written anew from the sources."
        view.at_key("PM319", ("sources", source), f"`{LOCK_NAME}` says nothing of the source `{source}`", hint)
        return None
    tools: dict[str, Signature | None] = {}
    for name, tool in lock.sources[source].tools.items():
        genuine = tool.is_genuine(name)
        tools[name] = signature_of(name, tool.input_schema) if genuine else None
        if not genuine:
            message = f"what `{LOCK_NAME}` says of `{source}.{name}` is not what its digest was made of"
            hint = "Let the lock be written anew from the sources; it is not edited by hand."
            view.at_key("PM318", ("sources", source), message, hint)
    return ToolsOfSource(f"`{LOCK_NAME}`", "tool", tools, complete=True)


def _tools(view: View) -> Iterator[tuple[Keys, str, Mention | None]]:
    yield from ((("tools", name), name, None) for name in view.document.tools)
    yield from ((mention.path, mention.tool, mention) for mention in mentions(view.document))


def _check_tool(view: View, source: ToolsOfSource, path: Keys, name: str, mention: Mention | None) -> None:
    if name not in source.tools:
        if source.complete:
            message = f"{source.origin} has no {source.what} `{name}`"
            view.at_tool("PM307", path, message, hint_for(name, tuple(source.tools)))
        return
    signature = source.tools[name]
    if signature is None:
        return
    if mention is None:
        _check_policy(view, path, signature)
    else:
        _check_arguments(view, mention, signature)


def _check_policy(view: View, path: Keys, signature: Signature) -> None:
    policy = view.document.tools[str(path[1])]
    for index, redacted in enumerate(policy.redact):
        root, _, below = redacted.partition(".")
        name = below.partition(".")[0]
        if root == "args" and name not in ("", "*"):
            _check_argument(view, (*path, "redact", index), name, signature)
    key = policy.key
    if not isinstance(key, KeyPart):
        return
    for index, name in enumerate(key.over):
        _check_argument(view, (*path, "key", "over", index), name, signature)
    if key.deliver is not None and key.deliver.argument is not None:
        _check_argument(view, (*path, "key", "deliver", "argument"), key.deliver.argument, signature)


def _check_argument(view: View, path: Keys, name: str, signature: Signature) -> None:
    if name not in signature.arguments and not signature.open_ended:
        hint = hint_for(name, signature.arguments) or "It takes none."
        at = view.at_key if path[-2] == "with" else view.at_value
        at("PM310", path, f"`{signature.name}` takes no argument `{name}`", hint)


def _check_arguments(view: View, mention: Mention, signature: Signature) -> None:
    given = mention.arguments
    for name in given:
        _check_argument(view, (*mention.whole, "with", name), name, signature)
    if mention.role in ("offered", "evidence"):
        return
    policy = view.document.tools.get(mention.tool)
    deliver = policy.key.deliver if policy is not None and isinstance(policy.key, KeyPart) else None
    missing = [
        name for name in signature.required if name not in given and (deliver is None or name != deliver.argument)
    ]
    if missing:
        message = f"`{signature.name}` needs {', '.join(f'`{name}`' for name in missing)}, and `with` does not give it"
        view.at_value("PM310", mention.path, message, "Add it to `with`.")


def _check_groups(view: View, sources: Mapping[str, ToolsOfSource]) -> None:
    """Warn of groups of writes: what nothing is said of is a write, so the group holds it too."""
    for path, _, state in live_states(view.document):
        for group_path, group in groups(state, path) if isinstance(state, AgentPart) else ():
            if group.effect == "read" or group.source not in view.document.sources:
                continue
            tools = sources.get(group.source)
            known = tools is not None and tools.complete
            names = sorted(tools.tools) if tools is not None else []
            silent = [name for name in names if f"{group.source}.{name}" not in view.declared.tools]
            if silent or not known:
                said = f", such as {', '.join(f'`{name}`' for name in silent[:3])}" if silent else ""
                message = f"this offers every tool of `{group.source}` that `tools` says nothing of{said}"
                hint = "Declare the others under `tools`, or offer the writes by name."
                view.at_value("PM712", group_path, message, hint)

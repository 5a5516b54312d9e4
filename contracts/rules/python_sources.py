"""Tools of Python sources: the functions are there, and take the arguments they are given.

Modules are read as text. What the text cannot tell is not judged; the server asks the real source.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..document.tools import KeyPart
from ..positions import Path as Keys
from ..python_modules import FunctionSignature, ModuleText, find_module, read_module
from .view import View, hint_for
from .walk import Mention, mentions


def check_python_sources(view: View) -> None:
    """Find tools that their module does not define, and arguments that their function does not take."""
    modules: dict[str, ModuleText] = {}
    for name, part in view.document.sources.items():
        module = None if part.python is None else _module(view, name, part.python)
        if module is not None:
            modules[name] = module
    for path, tool, mention in _tools(view):
        source, _, function = tool.partition(".")
        if source in modules:
            _check_tool(view, modules[source], path, function, mention)


def _module(view: View, source: str, name: str) -> ModuleText | None:
    path = find_module(name, Path(view.findings.file).parent)
    module = None if path is None else read_module(path)
    if module is None:
        found = "cannot be read" if path is not None else "is neither beside this file nor on Python's path"
        hint = "Mend the name, or check the file where the module is installed."
        view.at_value("PM308", ("sources", source, "python"), f"the module `{name}` {found}", hint)
    return module


def _tools(view: View) -> Iterator[tuple[Keys, str, Mention | None]]:
    yield from ((("tools", name), name, None) for name in view.document.tools)
    yield from ((mention.path, mention.tool, mention) for mention in mentions(view.document))


def _check_tool(view: View, module: ModuleText, path: Keys, function: str, mention: Mention | None) -> None:
    if function not in module.functions:
        if module.complete:
            hint = hint_for(function, tuple(module.functions))
            view.at_tool("PM307", path, f"`{module.path.name}` has no public function `{function}`", hint)
        return
    signature = module.functions[function]
    if signature is None:
        return
    if mention is None:
        _check_key(view, path, signature)
    elif mention.arguments is not None:
        _check_arguments(view, mention, signature)


def _check_key(view: View, path: Keys, signature: FunctionSignature) -> None:
    policy = view.document.tools[str(path[1])]
    key = policy.key
    if not isinstance(key, KeyPart):
        return
    for index, name in enumerate(key.over):
        _check_argument(view, (*path, "key", "over", index), name, signature)
    if key.deliver is not None and key.deliver.argument is not None:
        _check_argument(view, (*path, "key", "deliver", "argument"), key.deliver.argument, signature)


def _check_argument(view: View, path: Keys, name: str, signature: FunctionSignature) -> None:
    if name not in signature.arguments and not signature.open_ended:
        hint = hint_for(name, signature.arguments)
        at = view.at_key if path[-2] == "with" else view.at_value
        at("PM310", path, f"`{signature.name}` takes no argument `{name}`", hint)


def _check_arguments(view: View, mention: Mention, signature: FunctionSignature) -> None:
    given = mention.arguments or {}
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

"""The functions of a Python module, read from its text: nothing is imported or run."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Final

from .bounds import FILE_BYTES
from .signatures import Signature

MODULE_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
"""Names of modules, for the check and for who imports them: absolute, and in ASCII."""
CALL_PARAMETER: Final = "call"
"""The parameter that receives the call's context and is no argument of the tool."""


@dataclass(frozen=True, slots=True)
class ModuleText:
    """What could be read of a module. None for a tool whose signature stands elsewhere.

    `complete` says that there are no other tools than these.
    """

    path: Path
    functions: dict[str, Signature | None]
    complete: bool


def find_module(name: str, beside: Path) -> Path | None:
    """Find the file of a module, beside the workflow first, then on the path, without importing anything."""
    parts = name.split(".")
    if not re.fullmatch(MODULE_PATTERN, name):
        return None
    try:
        return _beside(parts, beside) or _on_the_path(parts)
    except (OSError, ValueError):  # a name too long for the disk, a directory that may not be read, a broken finder
        return None


def _beside(parts: list[str], folder: Path) -> Path | None:
    """Look for a module in the folder of the workflow. A link that leads out of it is not followed."""
    stem = folder.joinpath(*parts)
    for candidate in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
        if candidate.is_file() and candidate.resolve().is_relative_to(folder.resolve()):
            return candidate
    return None


def _on_the_path(parts: list[str]) -> Path | None:
    spec: ModuleSpec | None = None
    for count in range(1, len(parts) + 1):
        locations = None if spec is None else spec.submodule_search_locations
        if count > 1 and locations is None:
            return None
        spec = _spec(".".join(parts[:count]), None if locations is None else list(locations))
        if spec is None:
            return None
    path = Path(spec.origin) if spec is not None and spec.origin is not None else None
    return path if path is not None and path.suffix == ".py" and path.is_file() else None


def _spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    """Ask the finders of this Python where a module is. Parents are found the same way, not imported."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec
    return None


def read_module(path: Path) -> ModuleText | None:
    """Read the public functions of a module; None where its text is no Python."""
    try:
        if path.stat().st_size > FILE_BYTES:
            return None
        with warnings.catch_warnings():  # what Python says of a module's text is no finding of ours
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes(), filename=str(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    defined = {
        node.name: _signature(node) for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    listed = _listed(tree)
    if listed is not None:
        return ModuleText(path, {name: defined.get(name) for name in listed}, complete=True)
    public: dict[str, Signature | None] = {name: one for name, one in defined.items() if name[:1] != "_"}
    plain = all(isinstance(node, _HARMLESS) for node in tree.body) and not _sets_all(tree)
    return ModuleText(path, public, complete=plain)


_HARMLESS: Final = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
    ast.Expr,
    ast.Assert,
)
"""Statements that define no function under a condition."""


def _sets_all(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(tree))


def _listed(tree: ast.Module) -> tuple[str, ...] | None:
    """Give what `__all__` lists, where it is set once, to texts."""
    values = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "__all__"
    ]
    uses = sum(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(tree))
    if len(values) != 1 or uses != 1 or not isinstance(values[0], ast.List | ast.Tuple):
        return None
    names = [item.value for item in values[0].elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return tuple(names) if len(names) == len(values[0].elts) else None


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature | None:
    """Read a signature; None for a decorated function, whose arguments may be others."""
    if node.decorator_list:
        return None
    given = node.args
    positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    needed = positional[: len(positional) - len(given.defaults)]
    keyword = [argument.arg for argument in given.kwonlyargs]
    needed += [
        argument.arg for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None
    ]
    return Signature(
        node.name,
        tuple(name for name in (*positional, *keyword) if name != CALL_PARAMETER),
        tuple(name for name in needed if name != CALL_PARAMETER),
        given.kwarg is not None,
    )

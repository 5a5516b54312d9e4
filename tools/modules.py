"""Finds and imports the module of a Python source: beside the workflow file first, then on the path.

A module beside the file is imported under a name of its own (`pointsman_beside_<digest>.erp`), so
that two workflows may each have an `erp.py`, and nothing is added to `sys.path`: its neighbours are
imported relatively (`from . import prices`). What is beside the file must be inside its folder once
every symbolic link is followed.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

from pointsman.contracts.python_modules import MODULE_PATTERN
from pointsman.contracts.values import digest_text

from .errors import SourceError

_LISTED: Final = "__all__"


def import_module(source: str, module: str, beside: Path) -> ModuleType:
    """Import the module; the code at its top level runs.

    Raises:
        SourceError: there is none, it leads out of the folder, or it cannot be imported.
    """
    if not re.fullmatch(MODULE_PATTERN, module):
        raise SourceError(f"The source {source!r}: {module!r} names no module. Write it as in `import shop.erp`.")
    found = _file_beside(source, module, beside)
    name = f"{_package_of(beside)}.{module}" if found else module
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if found is None and isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            wanted = beside.joinpath(*module.split("."))
            raise SourceError(
                f"The source {source!r}: there is no module {module!r}, neither beside the workflow file"
                f" ({wanted}.py) nor on Python's path. Mend the name, or install the package that has it."
            ) from error
        raise SourceError(
            f"The source {source!r}: importing {module!r} failed with {type(error).__name__}: {error}."
            f" Mend the module; `python -c 'import {module}'` in its folder shows where."
        ) from error


def public_functions(source: str, module: ModuleType) -> dict[str, Callable[..., object]]:
    """Give the functions that are tools: those listed in `__all__`, or the public ones defined here.

    Raises:
        SourceError: `__all__` names what is not there, or there is no function.
    """
    members = vars(module)
    if _LISTED in members:
        names = [str(name) for name in members[_LISTED]]
        missing = [name for name in names if name not in members]
        if missing:
            raise SourceError(f"The source {source!r}: `__all__` names {', '.join(missing)}, which the module has not.")
    else:
        names = [name for name, member in members.items() if _is_public(name, member, module)]
    functions = {name: members[name] for name in names if inspect.isfunction(inspect.unwrap(members[name]))}
    if not functions:
        raise SourceError(f"The source {source!r}: its module defines no public function, so it has no tools.")
    return functions


def _is_public(name: str, member: object, module: ModuleType) -> bool:
    return not name.startswith("_") and getattr(member, "__module__", None) == module.__name__


def _file_beside(source: str, module: str, beside: Path) -> Path | None:
    stem = beside.joinpath(*module.split("."))
    for candidate in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
        if candidate.is_file():
            if not candidate.resolve().is_relative_to(beside.resolve()):
                raise SourceError(
                    f"The source {source!r}: {candidate} leads out of the workflow's folder."
                    " Put the module itself there, or install it on Python's path."
                )
            return candidate
    return None


def _package_of(beside: Path) -> str:
    """Make the folder a package of its own name, without an `__init__.py` and without running anything."""
    folder = str(beside.resolve())
    name = f"pointsman_beside_{digest_text(folder).removeprefix('sha256:')[:16]}"
    if name not in sys.modules:
        package = ModuleType(name, "The folder of a workflow file.")
        package.__path__ = [folder]
        sys.modules[name] = package
    importlib.invalidate_caches()
    return name

"""Files that a workflow names: they stand beside it, in its folder. Prompts are read, the others looked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..folder import is_link_out, is_there, leads_out
from ..near import near
from ..positions import Path as Keys
from ..prompts import PromptUnreadable, is_file, read_prompt
from ..visible import visible
from .view import View
from .walk import models


def check_files(view: View) -> None:
    """Find files that are not there, or not in the workflow's folder."""
    folder = Path(view.findings.file).parent
    for path, name in _named(view):
        if leads_out(name):
            hint = "Put it beside this file, and name it by its path from here."
            view.at_value("PM316", path, f"`{visible(name)}` leads out of the folder of this file", hint)
        elif not is_there(folder, name):
            view.at_value(
                "PM316", path, f"there is no file `{visible(name)}` beside this one", _near_file(folder, name)
            )
        elif is_link_out(folder, name):
            hint = "Put the file itself there, not a link."
            view.at_value("PM316", path, f"`{visible(name)}` is a link that leads out of the folder of this file", hint)
        elif path[-1] == "prompt":
            _check_prompt(view, path, name, folder)


def _check_prompt(view: View, path: Keys, name: str, folder: Path) -> None:
    try:
        read_prompt(name, folder)
    except PromptUnreadable as unreadable:
        view.at_value("PM316", path, f"the prompt `{visible(name)}` {unreadable.fault}", unreadable.mend)


def _named(view: View) -> Iterator[tuple[Keys, str]]:
    for name, source in view.document.sources.items():
        if source.openapi is not None and "://" not in source.openapi.document:
            yield ("sources", name, "openapi", "document"), source.openapi.document
    for path, model in models(view.document):
        if model.prompt is not None and is_file(model.prompt):
            yield (*path, "prompt"), model.prompt


def _near_file(folder: Path, name: str) -> str:
    parent = (folder / name).parent
    names = sorted(one.name for one in parent.iterdir()) if parent.is_dir() else []
    meant = near(Path(name).name, names)
    if meant is None:
        return "Paths count from the folder of this file."
    return f"Did you mean `{Path(name).with_name(meant).as_posix()}`?"

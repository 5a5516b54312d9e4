"""Files that a workflow names: they stand beside it, in its folder. Prompts are read, the others looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..folder import is_link_out, is_there, leads_out
from ..near import near
from ..positions import Path as Keys
from ..prompts import PromptUnreadable, is_file, read_prompt
from ..visible import visible
from .view import View
from .walk import models

_LIKE_A_PATH: Final = re.compile(r"[/\\]|[^.]\.[A-Za-z][A-Za-z0-9]{0,9}\Z")
"""A slash, or the ending of a file."""
_SHOWN: Final = 60


def check_files(view: View) -> None:
    """Find files that are not there, or not in the workflow's folder, and prompts that only look like files."""
    folder = Path(view.findings.file).parent
    for path, model in models(view.document):
        prompt = model.prompt or ""
        if not is_file(prompt) and len(prompt.split()) == 1 and _LIKE_A_PATH.search(prompt.strip()):
            message = f"`{visible(prompt[:_SHOWN])}` is no file here, and is taken as the prompt itself"
            hint = "Give the file the ending `.md` or `.txt`; or write a sentence."
            view.at_value("PM320", (*path, "prompt"), message, hint)
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

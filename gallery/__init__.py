"""Complete workflows with their tools, to run, to copy and to learn from.

Every folder here that holds a `workflow.yaml` is one of them. What their tools need beyond the
standard library is the public face, `pointsman.tools`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_FILE = "workflow.yaml"


def names() -> tuple[str, ...]:
    """Name the workflows of the gallery, in alphabetical order."""
    return tuple(sorted(folder.name for folder in files(__name__).iterdir() if folder.joinpath(_FILE).is_file()))


def path(name: str) -> Path:
    """Give the workflow file of this name; its scripts are in `scripts/` beside it.

    Raises:
        ValueError: the gallery has no such workflow; the message lists those it has.
    """
    if name not in names():
        raise ValueError(f"The gallery has no workflow {name!r}. It has: {', '.join(names())}.")
    return Path(str(files(__name__).joinpath(name, _FILE)))

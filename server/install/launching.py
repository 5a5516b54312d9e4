"""The command that starts this Pointsman: from anywhere, or on every machine that a project is shared with.

Clients with windows start servers with next to no environment: no shell profile, hardly a PATH, any
working directory. So a command of one's own is an absolute path. In a file of a project, which others
have too, it is a word that is found on the PATH, wherever that works.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pointsman.contracts.errors import PointsmanError

_NAME: Final = "pointsman"
_SUFFIX: Final = ".exe" if sys.platform == "win32" else ""


class NoLaunch(PointsmanError):
    """Pointsman runs from a place that uv clears, and no `uvx` was found. Install it for good: `uv tool install`."""


def launch_command(program: str, interpreter: str) -> tuple[str, ...]:
    """Find a command that starts this Pointsman from anywhere.

    Args:
        program: What this process was started as (`sys.argv[0]`).
        interpreter: This process's Python (`sys.executable`).

    Raises:
        NoLaunch: when this installation does not last, and there is no `uvx` to make another.
    """
    if _is_fleeting(Path(interpreter)):
        uvx = shutil.which("uvx")
        if uvx is None:
            raise NoLaunch
        return (str(Path(uvx).absolute()), _NAME)
    for candidate in (Path(program), Path(interpreter).parent / f"{_NAME}{_SUFFIX}"):
        if candidate.name == f"{_NAME}{_SUFFIX}" and os.access(candidate, os.X_OK):
            return (str(candidate.absolute()),)
    return (str(Path(interpreter).absolute()), "-m", "pointsman.server")


def shared_command(program: str, interpreter: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Find a command for a file that others have too: words on the PATH, or else what starts it here.

    An environment that is active at this moment does not count: the client is started without it.

    Raises:
        NoLaunch: as above.
    """
    if _is_fleeting(Path(interpreter)):
        return ("uvx", _NAME) if shutil.which("uvx") is not None else launch_command(program, interpreter)
    own = Path(interpreter).parent
    folders = environment.get("PATH", "").split(os.pathsep)
    lasting = [folder for folder in folders if folder and (Path(folder) != own or not _is_virtual(own))]
    if shutil.which(_NAME, path=os.pathsep.join(lasting)) is not None:
        return (_NAME,)
    return launch_command(program, interpreter)


def _is_virtual(folder: Path) -> bool:
    """Whether a folder of programs belongs to a virtual environment (PEP 405)."""
    return (folder.parent / "pyvenv.cfg").exists()


def _is_fleeting(interpreter: Path) -> bool:
    """Whether this is one of the environments that `uvx` makes in its cache and may clear at any time."""
    return any(part.startswith(("archive-v", "builds-v", "environments-v")) for part in interpreter.parts)

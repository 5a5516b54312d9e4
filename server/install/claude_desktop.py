"""Claude Desktop: where its configuration is, and the entry that starts Pointsman in it.

It starts servers with next to no environment: no shell profile, hardly a PATH, any working
directory. So every path in the entry is absolute.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject

FILE_NAME: Final = "claude_desktop_config.json"


class NoLaunch(PointsmanError):
    """Pointsman runs from a place that uv clears, and no `uvx` was found. Install it for good: `uv tool install`."""


def configuration_path(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """Say where Claude Desktop keeps its configuration on this system."""
    home = Path(environment.get("HOME") or Path.home())
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Claude" / FILE_NAME
    if platform == "win32":
        roaming = environment.get("APPDATA")
        return (Path(roaming) if roaming else home / "AppData" / "Roaming") / "Claude" / FILE_NAME
    configured = environment.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else home / ".config") / "Claude" / FILE_NAME


def entry(launch: Sequence[str], files: Sequence[Path], database: str | None) -> JsonObject:
    """Make the entry that serves these workflow files.

    Args:
        launch: The command that starts Pointsman, as `launch_command` gives it.
        files: The workflow files.
        database: A file's path or a URL, or None for the default.
    """
    arguments: list[Json] = [*launch[1:], "serve", *(str(file.absolute()) for file in files)]
    if database is not None:
        arguments += ["--database", database if "://" in database else str(Path(database).absolute())]
    return {"command": launch[0], "args": arguments}


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
        return (str(Path(uvx).absolute()), "pointsman")
    suffix = ".exe" if sys.platform == "win32" else ""
    for candidate in (Path(program), Path(interpreter).parent / f"pointsman{suffix}"):
        if candidate.name == f"pointsman{suffix}" and os.access(candidate, os.X_OK):
            return (str(candidate.absolute()),)
    return (str(Path(interpreter).absolute()), "-m", "pointsman.server")


def _is_fleeting(interpreter: Path) -> bool:
    """Whether this is one of the environments that `uvx` makes in its cache and may clear at any time."""
    return any(part.startswith(("archive-v", "builds-v", "environments-v")) for part in interpreter.parts)

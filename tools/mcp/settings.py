"""What a workflow file says of an `mcp` source, with `${NAME}` read from the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from pointsman.contracts.values import Json, JsonObject, as_list, as_object

from ..environment import resolved, resolved_all
from ..errors import SourceError

_INHERITED: Final = (
    ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "PATHEXT", "TEMP", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "HOMEDRIVE")
    if sys.platform == "win32"
    else ("PATH", "HOME")
)
"""What a process needs to start and to find its own files. Everything else must be declared under `env`."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A server that is started here, and spoken to over its standard input and output; `asks` is what it may ask."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A server that runs elsewhere, and is spoken to over Streamable HTTP; `asks` is what it may ask."""

    url: str
    headers: Mapping[str, str]
    asks: tuple[str, ...] = ()


Downstream: TypeAlias = Launch | Address


def read_settings(source: str, settings: Json, beside: Path, environment: Mapping[str, str] = os.environ) -> Downstream:
    """Read the settings of a source whose workflow file is in the folder `beside`.

    `command: python` is the interpreter that runs Pointsman. A command with a slash and `cwd` are
    relative to the workflow file, which is also where the process runs if `cwd` is not said.

    Raises:
        SourceError: a `${NAME}` is not set in the environment and nothing is said to take instead, or the
            folder is none.
    """
    said = as_object(settings)
    asked = said.get("asks", [])
    asks = tuple(str(one) for one in asked) if isinstance(asked, list) else ()
    url = said.get("url")
    if isinstance(url, str):
        headers = resolved_all(source, said.get("headers"), environment)
        return Address(resolved(source, url, environment), headers, asks)
    folder = (beside / str(said.get("cwd", "."))).absolute()
    if not folder.is_dir():
        raise SourceError(f"The source {source!r}: `cwd` is {str(folder)!r}, which is no folder. Mend `cwd`.")
    declared = resolved_all(source, said.get("env"), environment)
    inherited = {name: environment[name] for name in _INHERITED if name in environment}
    return Launch(_command(said, beside), {**inherited, **declared}, folder, asks)


def _command(said: JsonObject, beside: Path) -> tuple[str, ...]:
    command = str(said.get("command"))
    arguments = said.get("args", [])
    if command == "python":
        command = sys.executable
    elif "/" in command or os.sep in command:
        command = str((beside / command).absolute())
    return (command, *(str(one) for one in as_list(arguments)))

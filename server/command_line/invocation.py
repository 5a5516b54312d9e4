"""How this program was started, so that commands it names can be copied as they are."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

NAME: Final = "pointsman"


def program() -> str:
    """Give what to type for `pointsman`: through uv as it was started, by its name, or by its path."""
    if "UV_RUN_RECURSION_DEPTH" in os.environ:  # uv sets it for what `uv run` starts
        return f"uv run {NAME}"
    started = Path(sys.argv[0])
    found = shutil.which(NAME)
    if found is not None and started.name == NAME and Path(found).resolve() == started.resolve():
        return NAME
    return shlex.quote(str(started)) if started.name == NAME else f"{shlex.quote(sys.executable)} -m pointsman.server"

"""The store of letters in which claims come: the tool `letters.read`. They are in `documents/` beside this file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pointsman.tools import NothingDone

__all__ = ["read"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,100}\.txt\Z")


def read(document: str) -> str:
    """Read a stored letter.

    Args:
        document: Name of the letter, such as clm-3001.txt.
    """
    path = Path(__file__).parent / "documents" / document
    if not _NAME.match(document) or not path.is_file():
        raise NothingDone("There is no letter with this name. Names look like clm-3001.txt.")
    return path.read_text(encoding="utf-8")

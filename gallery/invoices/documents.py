"""The store of received documents, as text: the tool `docs.read`.

The documents are in `documents/` beside this file. POINTSMAN_INVOICES_DOCUMENTS names another
folder, to try the workflow on invoices of one's own.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from pointsman.tools import NothingDone

__all__ = ["read"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,100}\.txt\Z")
_MOST_BYTES: Final = 256 * 1024


def read(document: str) -> str:
    """Read a stored document.

    Args:
        document: Name of the document, such as inv-1001.txt.
    """
    folder = Path(os.environ.get("POINTSMAN_INVOICES_DOCUMENTS") or Path(__file__).parent / "documents").resolve()
    path = (folder / document).resolve() if _NAME.match(document) else None
    # A link in the folder must not lead out of it either.
    if path is None or path.parent != folder or not path.is_file():
        raise NothingDone("There is no document with this name. Names look like inv-1001.txt.")
    if path.stat().st_size > _MOST_BYTES:
        raise NothingDone(f"The document is longer than {_MOST_BYTES} bytes. Store it in parts.")
    return path.read_text(encoding="utf-8", errors="replace")

"""The tools of the two steps: every write is one line of a file, kept for good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["deposit", "look", "note"]


def look() -> dict[str, Any]:
    """Look at what is there."""
    return {"found": 12}


def note(topic: str) -> dict[str, Any]:
    """Write a note down."""
    return _written(f"note {topic}")


def deposit(amount: int) -> dict[str, Any]:
    """Deposit an amount; each deposit is a new one."""
    return _written(f"deposit {amount}")


def _written(line: str) -> dict[str, Any]:
    with Path(os.environ["TWO_STEPS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
    return {"written": line}

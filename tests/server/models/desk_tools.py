"""Tools whose outcomes a model is told."""

from __future__ import annotations

import time
from typing import Any

__all__ = ["draw", "fail", "look", "pay", "ship", "write"]


def look(word: str) -> dict[str, Any]:
    """Look a word up."""
    return {"length": len(word)}


def fail() -> None:
    """Fail."""
    raise ValueError("it is broken")


def draw(times: int) -> str:
    """Draw a line."""
    return "-" * times


def write(topic: str) -> dict[str, Any]:
    """Write a topic down."""
    return {"written": topic}


def ship(topic: str) -> dict[str, Any]:
    """Ship what was written, which takes a while."""
    time.sleep(0.5)
    return {"shipped": topic}


def pay(amount: int) -> dict[str, Any]:
    """Pay."""
    return {"paid": amount}

"""The colours of a picture, the same in every format: by actor, and by outcome where a session has ended."""

from __future__ import annotations

from typing import Final

from .picture import Kind, Line

FILLS: Final[dict[Kind, tuple[str, str]]] = {
    "agent": ("#dbeafe", "#2563eb"),
    "system": ("#f1f5f9", "#64748b"),
    "human": ("#fef3c7", "#d97706"),
    "external": ("#ede9fe", "#7c3aed"),
    "success": ("#dcfce7", "#16a34a"),
    "stopped": ("#e5e7eb", "#374151"),
    "manual": ("#ffedd5", "#c2410c"),
    "failed": ("#fee2e2", "#dc2626"),
}
"""Fill and border of a state."""

EDGES: Final[dict[Line, str]] = {"chosen": "#334155", "timed": "#7c3aed", "troubled": "#b91c1c"}
TEXT: Final = "#0f172a"
MARK: Final = "#e11d48"
"""The border of the state a session is in."""

"""The colours of a picture, the same in every format and in tables: by actor, by outcome, by kind of arrow."""

from __future__ import annotations

from typing import Final, NamedTuple

from .picture import Kind, Line


class Colour(NamedTuple):
    """The fill and the border of a state. The border is dark enough (light enough, in the dark) to write in."""

    fill: str
    stroke: str


class Stroke(NamedTuple):
    """The colour and the dashes of an arrow, and what kind of move it stands for."""

    colour: str
    dashes: str
    meaning: str


FILLS: Final[dict[Kind, Colour]] = {
    "agent": Colour("#dbeafe", "#1d4ed8"),
    "model": Colour("#cffafe", "#0e7490"),
    "system": Colour("#f1f5f9", "#475569"),
    "human": Colour("#fef3c7", "#b45309"),
    "external": Colour("#ede9fe", "#7c3aed"),
    "success": Colour("#dcfce7", "#15803d"),
    "stopped": Colour("#e5e7eb", "#374151"),
    "manual": Colour("#ffedd5", "#c2410c"),
    "failed": Colour("#fee2e2", "#dc2626"),
}
DARK_FILLS: Final[dict[Kind, Colour]] = {
    "agent": Colour("#172554", "#93c5fd"),
    "model": Colour("#083344", "#67e8f9"),
    "system": Colour("#1e293b", "#94a3b8"),
    "human": Colour("#451a03", "#fcd34d"),
    "external": Colour("#2e1065", "#c4b5fd"),
    "success": Colour("#052e16", "#86efac"),
    "stopped": Colour("#374151", "#d1d5db"),
    "manual": Colour("#431407", "#fdba74"),
    "failed": Colour("#450a0a", "#fca5a5"),
}

EDGES: Final[dict[Line, Stroke]] = {
    "chosen": Stroke("#334155", "", "event or next"),
    "timed": Stroke("#7c3aed", "2 4", "after or due"),
    "limited": Stroke("#a16207", "9 4", "limit"),
    "failed": Stroke("#b91c1c", "5 3", "failed"),
    "unknown": Stroke("#be185d", "9 3 2 3", "unknown outcome"),
    "below": Stroke("#0f766e", "6 2 2 2 2 2", "below the confidence floor"),
    "differ": Stroke("#1d4ed8", "1 3 6 3", "two readings differ"),
}
DARK_EDGES: Final[dict[Line, str]] = {
    "chosen": "#cbd5e1",
    "timed": "#c4b5fd",
    "limited": "#facc15",
    "failed": "#f87171",
    "unknown": "#f9a8d4",
    "below": "#5eead4",
    "differ": "#93c5fd",
}

TEXT: Final = "#0f172a"
DARK_TEXT: Final = "#f1f5f9"
PAPER: Final = "#ffffff"
DARK_PAPER: Final = "#0b1120"
MARK: Final = "#e11d48"
"""The border of the state a session is in, and the way it has taken. It shows on both papers."""

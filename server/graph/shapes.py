"""The elements of an SVG picture: boxes, arrows, labels, notes. Pure; every text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final
from xml.sax.saxutils import escape

from .layout import Line as Placed
from .layout import Point
from .picture import Kind, Trail
from .plan import DASH, NOTES_GAP, SAMPLE, Box, Bundle, Note
from .texts import NAME_LINE, NAME_PX, SMALL_LINE, SMALL_PX

_ROUND: Final[dict[Kind, int]] = {"agent": 4, "model": 4, "system": 0, "human": 20, "external": 12}
_FINAL_ROUND: Final = 20
_CORNER: Final = 7.0
_TEXT_DROP: Final = 0.35
"""How far below the middle of a line its base line is, as a part of the font's size."""


def box(one: Box, centre: Point, trail: Trail | None, *, initial: bool) -> str:
    """Draw a state, with a ring round it where the session is, and a dot beside it where sessions begin."""
    node, size = one.node, one.size
    x, y = centre[0] - size.width / 2, centre[1] - size.height / 2
    final = node.kind not in _ROUND
    corner = min(_ROUND.get(node.kind, _FINAL_ROUND), 12 if one.notes else _FINAL_ROUND)
    mark = ' id="pm-here"' if trail is not None and node.name == trail.current else ""
    parts = [f"<g{mark}><title>{escape(_told(one))}</title>"]
    if trail is not None and node.name in trail.visited:
        parts.append(_rect("taken", x, y, size.width, size.height, corner))
    if trail is not None and node.name == trail.current:
        parts.append(_rect("here now", x - 7, y - 7, size.width + 14, size.height + 14, corner + 6))
    if initial:
        parts.append(f'<circle class="ink initial" cx="{x - 14:.1f}" cy="{y + one.head / 2:.1f}" r="6"/>')
    parts.append(_rect(f"box {node.kind}{' final' if final else ''}", x, y, size.width, size.height, corner))
    for row, line in enumerate(one.name):
        middle = y + 6 + (row + 0.5) * NAME_LINE
        parts.append(text(line, centre[0], middle, NAME_PX, "ink", weight="bold"))
    parts.append(text(node.detail, centre[0], y + one.head - 6 - SMALL_LINE / 2, SMALL_PX, f"by {node.kind}"))
    if one.notes:
        parts.append(f'<path class="rule {node.kind}" d="M{x:.1f} {y + one.head:.1f}h{size.width:.1f}"/>')
    top = y + one.head + NOTES_GAP
    for note in one.notes:
        parts.append(note_rows(note, x + 10, top, trail))
        top += len(note.rows) * SMALL_LINE
    return "\n".join([*parts, "</g>"])


def bundle(one: Bundle, placed: Placed, trail: Trail | None) -> tuple[str, str]:
    """Draw an arrow, and its label, which is to lie above all arrows."""
    path = _path(placed.points)
    title = f"<title>{escape(_ways(one))}</title>"
    taken = trail is not None and any(trail.took(arrow) for arrow in one.arrows)
    under = f'<path class="taken" d="{path}"/>' if taken else ""
    shape = f'<g>{title}{under}<path class="way {one.line}" d="{path}"/></g>'
    if not one.rows:
        return shape, ""
    size = one.size
    x, y = placed.label[0] - size.width / 2, placed.label[1] - size.height / 2
    rows: list[str] = []
    for number, row in enumerate(one.rows):
        middle = y + (number + 0.5) * SMALL_LINE
        left = placed.label[0] - row.width / 2
        if row.dash:
            rows.append(f'<path class="dash {row.line}" d="M{left:.1f} {middle:.1f}h{DASH - 5:g}"/>')
        rows.append(
            text(row.text, placed.label[0] + (DASH / 2 if row.dash else 0), middle, SMALL_PX, f"said {row.line}")
        )
    return shape, "\n".join([f"<g>{title}{_rect('paper', x, y, size.width, size.height, 0)}", *rows, "</g>"])


def note_rows(note: Note, x: float, y: float, trail: Trail | None) -> str:
    """Draw a way as a note: a little arrow of its kind, and what it says. (x, y) is its upper left corner."""
    middle = y + SMALL_LINE / 2
    taken = trail is not None and trail.took(note.arrow)
    under = f'<path class="taken" d="M{x:.1f} {middle:.1f}h{SAMPLE - 6:g}"/>' if taken else ""
    rows = [
        text(row.text, x + SAMPLE, middle + number * SMALL_LINE, SMALL_PX, f"said {row.line}", anchor="start")
        for number, row in enumerate(note.rows)
    ]
    title = f"<title>{escape(_note_told(note))}</title>"
    return "\n".join([f"<g>{title}{under}{sample(note.arrow.line, x, middle)}", *rows, "</g>"])


def sample(line: str, x: float, y: float) -> str:
    """Draw a little arrow of a kind."""
    return f'<path class="way {line}" d="M{x:.1f} {y:.1f}h{SAMPLE - 6:g}"/>'


def text(  # noqa: PLR0913 -- attributes of one element
    words: str, x: float, y: float, px: int, css: str, *, anchor: str = "middle", weight: str = "normal"
) -> str:
    """Write one line of text, its middle at height `y`."""
    bold = "" if weight == "normal" else f' font-weight="{weight}"'
    place = f'x="{x:.1f}" y="{y + px * _TEXT_DROP:.1f}"'
    return f'<text class="{css}" {place} font-size="{px}" text-anchor="{anchor}"{bold}>{escape(words)}</text>'


def _rect(css: str, x: float, y: float, width: float, height: float, corner: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    rounded = f' rx="{corner:g}"' if corner else ""
    return f'<rect class="{css}" {place}{rounded}/>'


def _path(points: Sequence[Point]) -> str:
    """A line through all points, its corners rounded."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        (x0, y0), (x1, y1) = _towards(corner, before, radius), _towards(corner, after, radius)
        parts.append(f"L{x0:.1f} {y0:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {x1:.1f} {y1:.1f}")
    return "".join([*parts, f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"])


def _distance(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _towards(start: Point, end: Point, distance: float) -> Point:
    whole = _distance(start, end) or 1.0
    return (
        start[0] + (end[0] - start[0]) * distance / whole,
        start[1] + (end[1] - start[1]) * distance / whole,
    )


def _told(one: Box) -> str:
    detail = "" if one.node.detail == one.node.kind else f", {one.node.detail}"
    goal = f"\n{one.node.goal}" if one.node.goal else ""
    return f"{one.node.name} ({one.node.kind}{detail}){goal}"


def _ways(one: Bundle) -> str:
    ends = f"{one.arrows[0].source} → {one.arrows[0].target}"
    return "\n".join([ends, *(label.full for arrow in one.arrows for label in arrow.labels)])


def _note_told(note: Note) -> str:
    return "\n".join([f"{note.arrow.source} → {note.arrow.target}", *(label.full for label in note.arrow.labels)])

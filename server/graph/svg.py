"""A workflow as an SVG picture (SVG 1.1) that stands alone: no script, no font, nothing to fetch. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from pointsman.contracts.workflow import Workflow

from .colours import EDGES, FILLS, MARK, TEXT
from .layout import Layout, Link, Point, Size, laid_out
from .layout import Line as Placed
from .picture import ANYWHERE, Arrow, Kind, Line, Node, Picture, picture_of

_MARGIN: Final = 24.0
_HEADER: Final = 34.0
_LEGEND: Final = 52.0
_NAME_PX, _SMALL_PX = 13, 11
_WIDTH_PER_PX: Final = 0.58
"""Width of an average character as a part of the font's size; a little more than most sans-serif fonts need."""
_NAME_LINE: Final = 17.0
_SMALL_LINE: Final = 14.0
_NAME_CHARACTERS: Final = 22
_LABEL_CHARACTERS: Final = 26
_DASHES: Final[dict[Line, str]] = {"chosen": "", "timed": "2 4", "troubled": "7 4"}
_ROUND: Final[dict[Kind, int]] = {"agent": 4, "system": 0, "human": 20, "external": 12}
_SAID: Final[tuple[tuple[Line, str], ...]] = (
    ("chosen", "event or next"),
    ("timed", "after or due"),
    ("troubled", "limit, failed, unknown or below"),
)


def svg(workflow: Workflow, current: str | None = None) -> str:
    """Draw a workflow.

    Args:
        workflow: The compiled workflow.
        current: The state a session is in, to be marked.
    """
    return draw(picture_of(workflow), current)


def draw(picture: Picture, current: str | None = None) -> str:
    """Draw a picture."""
    nodes = list(picture.nodes)
    names = [node.name for node in nodes]
    if any(arrow.source == ANYWHERE for arrow in picture.arrows):
        names.append(ANYWHERE)
    boxes = [_box_size(node) for node in nodes] + [Size(70, 24)] * (len(names) - len(nodes))
    index = {name: place for place, name in enumerate(names)}
    labels = [_broken(arrow.labels) for arrow in picture.arrows]
    links = [
        Link(index[arrow.source], index[arrow.target], _label_size(label))
        for arrow, label in zip(picture.arrows, labels, strict=True)
    ]
    layout = laid_out(boxes, links, index[picture.initial])
    lines = [_line(arrow, placed) for arrow, placed in zip(picture.arrows, layout.lines, strict=True)]
    texts = [
        _label(label, placed.label, arrow.line)
        for arrow, placed, label in zip(picture.arrows, layout.lines, labels, strict=True)
        if label
    ]
    shapes = [
        _box(node, layout.boxes[place], boxes[place], initial=node.name == picture.initial, now=node.name == current)
        for place, node in enumerate(nodes)
    ]
    if len(names) > len(nodes):
        shapes.append(_text(ANYWHERE, *layout.boxes[-1], _SMALL_PX, EDGES["troubled"], style="italic"))
    return _document(picture, layout, [*lines, *texts, *shapes])


def _document(picture: Picture, layout: Layout, content: Sequence[str]) -> str:
    width = max(layout.size.width, 640) + 2 * _MARGIN
    height = layout.size.height + 2 * _MARGIN + _HEADER + _LEGEND
    markers = "".join(
        f'<marker id="{line}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.5 8 4 0 7.5z" fill="{colour}"/></marker>'
        for line, colour in EDGES.items()
    )
    frame = f'width="{width:.0f}" height="{height:.0f}"'
    body = "\n".join(content)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {frame} viewBox="0 0 {width:.0f} {height:.0f}"
 font-family="Helvetica, Arial, sans-serif" role="img">
<title>{escape(picture.title)}</title>
<defs>{markers}</defs>
<rect {frame} fill="#ffffff"/>
<text x="{_MARGIN}" y="{_MARGIN + 12}" font-size="18" font-weight="bold" fill="{TEXT}">{escape(picture.title)}</text>
<g transform="translate({_MARGIN} {_MARGIN + _HEADER})">
{body}
</g>
{_legend(picture.kinds, height - _LEGEND)}
</svg>
"""


def _legend(kinds: Sequence[Kind], top: float) -> str:
    parts: list[str] = []
    x = _MARGIN
    for kind in kinds:
        fill, stroke = FILLS[kind]
        parts.append(f'<rect x="{x:.0f}" y="{top:.0f}" width="14" height="14" fill="{fill}" stroke="{stroke}"/>')
        parts.append(_text(kind, x + 20, top + 7, _SMALL_PX, TEXT, anchor="start"))
        x += 34 + _text_width(kind, _SMALL_PX)
    x, top = _MARGIN, top + 26
    for line, said in _SAID:
        parts.append(
            f'<path d="M{x:.0f} {top:.0f}h30" stroke="{EDGES[line]}" stroke-width="1.4" '
            f'stroke-dasharray="{_DASHES[line]}" fill="none" marker-end="url(#{line})"/>'
        )
        parts.append(_text(said, x + 38, top, _SMALL_PX, TEXT, anchor="start"))
        x += 62 + _text_width(said, _SMALL_PX)
    return "\n".join(parts)


def _box(node: Node, centre: Point, size: Size, *, initial: bool, now: bool) -> str:
    fill, stroke = FILLS[node.kind]
    x, y = centre[0] - size.width / 2, centre[1] - size.height / 2
    final = node.kind not in _ROUND
    parts: list[str] = []
    if now:
        parts.append(
            f'<rect class="now" x="{x - 6:.1f}" y="{y - 6:.1f}" width="{size.width + 12:.1f}" '
            f'height="{size.height + 12:.1f}" rx="14" fill="none" stroke="{MARK}" stroke-width="4"/>'
        )
    if initial:
        parts.append(f'<circle cx="{x - 14:.1f}" cy="{centre[1]:.1f}" r="6" fill="{TEXT}"/>')
    corner = _ROUND.get(node.kind, 20)
    rect = f'width="{size.width:.1f}" height="{size.height:.1f}" rx="{corner}" fill="{fill}" stroke="{stroke}"'
    parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {rect} stroke-width="{3 if final else 1.5}"/>')
    lines = _broken_name(node.name)
    top = y + 6 + _NAME_LINE / 2
    for row, line in enumerate(lines):
        parts.append(_text(line, centre[0], top + row * _NAME_LINE, _NAME_PX, TEXT, weight="bold"))
    parts.append(_text(node.detail, centre[0], y + size.height - 6 - _SMALL_LINE / 2, _SMALL_PX, stroke))
    return "\n".join(parts)


def _line(arrow: Arrow, placed: Placed) -> str:
    """A straight piece along each layer, and curves that leave and arrive vertically between them."""
    points = placed.points
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    if arrow.source == arrow.target:
        path += [f"L{x:.1f} {y:.1f}" for x, y in points[1:]]
    else:
        for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
            middle = (y0 + y1) / 2
            if number % 2 == 0 and abs(y0 - y1) < 0.5:
                continue  # a piece without length would leave the arrow's head without a direction
            straight = number % 2 == 0 or abs(x0 - x1) < 0.5
            curve = f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
            path.append(f"L{x1:.1f} {y1:.1f}" if straight else curve)
    dashes = f' stroke-dasharray="{_DASHES[arrow.line]}"' if _DASHES[arrow.line] else ""
    return (
        f'<path d="{"".join(path)}" fill="none" stroke="{EDGES[arrow.line]}" stroke-width="1.4"{dashes} '
        f'marker-end="url(#{arrow.line})"/>'
    )


def _label(lines: Sequence[str], centre: Point, line: Line) -> str:
    size = _label_size(lines)
    x, y = centre[0] - size.width / 2, centre[1] - size.height / 2
    behind = f'<rect x="{x:.1f}" y="{y:.1f}" width="{size.width:.1f}" height="{size.height:.1f}" fill="#ffffff"/>'
    texts = [
        _text(text, centre[0], y + (row + 0.5) * _SMALL_LINE, _SMALL_PX, EDGES[line]) for row, text in enumerate(lines)
    ]
    return "\n".join([behind, *texts])


def _text(  # noqa: PLR0913 -- attributes of one element
    text: str,
    x: float,
    y: float,
    px: int,
    fill: str,
    *,
    anchor: str = "middle",
    weight: str = "normal",
    style: str = "normal",
) -> str:
    """One line of text, its middle at (x, y)."""
    bold = "" if weight == "normal" else f' font-weight="{weight}"'
    slanted = "" if style == "normal" else f' font-style="{style}"'
    return (
        f'<text x="{x:.1f}" y="{y + px * 0.35:.1f}" font-size="{px}" fill="{fill}" text-anchor="{anchor}"'
        f"{bold}{slanted}>{escape(text)}</text>"
    )


def _box_size(node: Node) -> Size:
    lines = _broken_name(node.name)
    widest = max(*(_text_width(line, _NAME_PX) * 1.06 for line in lines), _text_width(node.detail, _SMALL_PX))
    return Size(widest + 24, len(lines) * _NAME_LINE + _SMALL_LINE + 12)


def _label_size(lines: Sequence[str]) -> Size:
    if not lines:
        return Size(0, 0)
    return Size(max(_text_width(line, _SMALL_PX) for line in lines) + 6, len(lines) * _SMALL_LINE)


def _text_width(text: str, px: int) -> float:
    return len(text) * px * _WIDTH_PER_PX


def _broken_name(name: str) -> list[str]:
    """Break a state's name at its underscores."""
    return _filled(name.replace("_", "_ ").split(" "), "", _NAME_CHARACTERS)


def _broken(labels: Sequence[str]) -> list[str]:
    """Break labels at their spaces, a guard always beginning a line of its own if the whole is too long."""
    lines: list[str] = []
    for label in labels:
        event, bracket, guard = label.partition("[")
        if len(label) <= _LABEL_CHARACTERS or not bracket:
            lines += _filled(label.split(" "), " ", _LABEL_CHARACTERS)
        else:
            lines += [event.strip()] if event.strip() else []
            lines += _filled((bracket + guard).split(" "), " ", _LABEL_CHARACTERS)
    return lines


def _filled(words: Sequence[str], between: str, characters: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(between) + len(word) <= characters:
            lines[-1] += between + word
        else:
            lines.append(word)
    return lines

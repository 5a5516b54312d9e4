"""Where everything of a picture goes: boxes of states, lines of arrows, labels. Pure; pixels, y downwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .coordinates import across
from .layers import Layers, layered

Point: TypeAlias = tuple[float, float]

GAP: Final = 22.0
"""Between two neighbours of one layer."""
LAYER_GAP: Final = 30.0
_BEND_WIDTH: Final = 6.0
_LOOP, _LOOP_HEIGHT = 14.0, 16.0
_PORTS: Final = 0.7
"""The part of a box's border over which its arrows are spread."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a box or of a label."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow to be placed, from box to box by index, with the size of its label (0 by 0: none)."""

    source: int
    target: int
    label: Size


@dataclass(frozen=True, slots=True)
class Line:
    """A placed arrow. `points` come in pairs: a straight piece from each even one to the next."""

    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """The centres of the boxes, the arrows in the order given, and the size of all."""

    boxes: tuple[Point, ...]
    lines: tuple[Line, ...]
    size: Size


def laid_out(boxes: Sequence[Size], links: Sequence[Link], first: int) -> Layout:
    """Lay out a picture from top to bottom, starting with the box `first`."""
    own = [index for index, link in enumerate(links) if link.source == link.target]
    others = [index for index, link in enumerate(links) if link.source != link.target]
    made = layered(len(boxes), [(links[index].source, links[index].target) for index in others], first)
    sizes = _sizes(made, boxes, [links[index].label for index in others], [links[index] for index in own])
    place = across(made, {vertex: size.width for vertex, size in sizes.items()}, GAP, len(boxes))
    spans = _layer_spans(made, sizes)
    layer_of = {vertex: index for index, layer in enumerate(made.layers) for vertex in layer}
    centre = {vertex: (place[vertex], sum(spans[layer_of[vertex]]) / 2) for vertex in sizes}
    ports = _ports(made, place, boxes)
    lines: dict[int, Line] = {}
    for number, index in enumerate(others):
        points = _through(
            made.chains[number], number, centre, boxes, [spans[layer_of[v]] for v in made.chains[number]], ports
        )
        upwards = number in made.reversed_arrows
        lines[index] = Line(tuple(points[::-1] if upwards else points), centre[made.labels[number]])
    lines |= _loops({index: links[index] for index in own}, centre, boxes)
    width = max((place[vertex] + size.width / 2 for vertex, size in sizes.items()), default=0)
    return Layout(
        tuple(centre[index] for index in range(len(boxes))),
        tuple(lines[index] for index in range(len(links))),
        Size(width, spans[-1][1]),
    )


def _sizes(made: Layers, boxes: Sequence[Size], labels: Sequence[Size], loops: Sequence[Link]) -> dict[int, Size]:
    """Sizes of all vertices. A box that has a loop takes the room for it on both sides."""
    sizes = dict(enumerate(boxes))
    for box in {loop.source for loop in loops}:
        labels_beside = [loop.label for loop in loops if loop.source == box]
        room = 2 * (max(label.width for label in labels_beside) + _LOOP + 10)
        height = sum(max(label.height, _LOOP_HEIGHT) for label in labels_beside)
        sizes[box] = Size(boxes[box].width + room, max(boxes[box].height, height))
    for layer in made.layers:
        for vertex in layer:
            sizes.setdefault(vertex, Size(_BEND_WIDTH, 0))
    shown = {vertex: label for vertex, label in zip(made.labels, labels, strict=True) if label.width}
    return sizes | shown


def _layer_spans(made: Layers, sizes: Mapping[int, Size]) -> list[Point]:
    """Upper and lower border of each layer."""
    spans: list[Point] = []
    top = 0.0
    for layer in made.layers:
        height = max((sizes[vertex].height for vertex in layer), default=0)
        spans.append((top, top + height))
        top += height + LAYER_GAP
    return spans


def _ports(made: Layers, place: Mapping[int, float], boxes: Sequence[Size]) -> dict[tuple[int, int], float]:
    """Where each chain's two ends touch their boxes, by (chain, 0 for the upper or -1 for the lower end)."""
    found: dict[tuple[int, int], float] = {}
    for end, towards in ((0, 1), (-1, -2)):
        at: dict[int, list[int]] = {}
        for number, chain in enumerate(made.chains):
            at.setdefault(chain[end], []).append(number)
        for box, numbers in at.items():
            numbers.sort(key=lambda number: place[made.chains[number][towards]])
            room = boxes[box].width * _PORTS
            for index, number in enumerate(numbers):
                found[number, end] = place[box] + room * ((index + 0.5) / len(numbers) - 0.5)
    return found


def _through(
    chain: Sequence[int],
    number: int,
    centre: Mapping[int, Point],
    boxes: Sequence[Size],
    spans: Sequence[Point],
    ports: Mapping[tuple[int, int], float],
) -> list[Point]:
    """The points of a chain from its upper box's lower border to its lower box's upper border."""
    upper, lower = chain[0], chain[-1]
    start = (ports[number, 0], centre[upper][1] + boxes[upper].height / 2)
    end = (ports[number, -1], centre[lower][1] - boxes[lower].height / 2)
    points = [start, (start[0], spans[0][1])]
    for vertex, (top, bottom) in zip(chain[1:-1], spans[1:-1], strict=True):
        points += [(centre[vertex][0], top), (centre[vertex][0], bottom)]
    return [*points, (end[0], spans[-1][0]), end]


def _loops(loops: Mapping[int, Link], centre: Mapping[int, Point], boxes: Sequence[Size]) -> dict[int, Line]:
    """Arrows from a box's right border back to it, one below the other, each with its label beside it."""
    heights = {index: max(link.label.height, _LOOP_HEIGHT) for index, link in loops.items()}
    used: dict[int, float] = {}
    lines: dict[int, Line] = {}
    for index, link in loops.items():
        box = link.source
        whole = sum(height for other, height in heights.items() if loops[other].source == box)
        x, y = centre[box][0] + boxes[box].width / 2, centre[box][1] - whole / 2 + used.get(box, 0) + heights[index] / 2
        used[box] = used.get(box, 0) + heights[index]
        border = boxes[box].height / 2 - 6
        upper, lower = (min(max(y + step, centre[box][1] - border), centre[box][1] + border) for step in (-5, 5))
        points = ((x, upper), (x + _LOOP, upper), (x + _LOOP, lower), (x, lower))
        lines[index] = Line(points, (x + _LOOP + 6 + link.label.width / 2, y))
    return lines

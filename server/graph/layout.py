"""Where everything of a picture goes: boxes of states, lines of arrows, labels. Pure; pixels, y downwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

from .coordinates import across
from .layers import Layers, layered
from .tracks import Piece, tracks_of

Point: TypeAlias = tuple[float, float]

GAP: Final = 22.0
"""Between two neighbours of one layer."""
LAYER_GAP: Final = 30.0
_TRACK_GAP: Final = 9.0
_HEAD: Final = 8.0
"""Between the lowest track and the layer below it, so that an arrow's head has a straight piece to stand on."""
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
    """A placed arrow: its ends and corners, every piece level or upright, and the centre of its label."""

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
    layer_of = {vertex: index for index, layer in enumerate(made.layers) for vertex in layer}
    stops = _stops(made, place, _ports(made, place, boxes))
    tracks, counts = _tracks(made, stops, layer_of)
    spans = _layer_spans(made, sizes, counts)
    centre = {vertex: (place[vertex], sum(spans[layer_of[vertex]]) / 2) for vertex in sizes}
    lines: dict[int, Line] = {}
    for number, index in enumerate(others):
        top = layer_of[made.chains[number][0]]
        ends = [(centre[made.chains[number][end]][1], boxes[made.chains[number][end]].height / 2) for end in (0, -1)]
        borders = [*spans[top : top + len(stops[number])]]
        borders[0] = (borders[0][0], ends[0][0] + ends[0][1])
        borders[-1] = (ends[1][0] - ends[1][1], borders[-1][1])
        points = list(_corners(stops[number], borders, spans[top:], tracks[number], counts[top:]))
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


def _layer_spans(made: Layers, sizes: Mapping[int, Size], tracks: Sequence[int]) -> list[Point]:
    """Upper and lower border of each layer. Between two there is room for the tracks."""
    spans: list[Point] = []
    top = 0.0
    for layer, count in zip(made.layers, tracks, strict=True):
        height = max((sizes[vertex].height for vertex in layer), default=0)
        spans.append((top, top + height))
        top += height + _gap(count)
    return spans


def _gap(tracks: int) -> float:
    return max(LAYER_GAP, (tracks + 1) * _TRACK_GAP + _HEAD)


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


def _stops(made: Layers, place: Mapping[int, float], ports: Mapping[tuple[int, int], float]) -> list[list[float]]:
    """For each chain, where across it stands on each of its layers."""
    return [
        [ports[number, 0], *(place[vertex] for vertex in chain[1:-1]), ports[number, -1]]
        for number, chain in enumerate(made.chains)
    ]


def _tracks(
    made: Layers, stops: Sequence[Sequence[float]], layer_of: Mapping[int, int]
) -> tuple[list[list[int]], list[int]]:
    """For each chain the tracks it takes below each of its layers, and how many tracks each layer has below it."""
    below: list[list[tuple[int, Piece]]] = [[] for _ in made.layers]
    for number, chain in enumerate(made.chains):
        for step, (above, under) in enumerate(pairwise(stops[number])):
            below[layer_of[chain[0]] + step].append((number, Piece(above, under)))
    taken: list[list[int]] = [[] for _ in made.chains]
    counts: list[int] = []
    for pieces in below:
        tracks, count = tracks_of([piece for _, piece in pieces])
        for (number, _), track in zip(pieces, tracks, strict=True):
            taken[number].append(track)
        counts.append(count)
    return taken, counts


def _corners(
    stops: Sequence[float],
    borders: Sequence[Point],
    spans: Sequence[Point],
    tracks: Sequence[int],
    counts: Sequence[int],
) -> Iterator[Point]:
    """The corners of a chain, downwards: from its upper box's lower border to its lower box's upper border."""
    yield stops[0], borders[0][1]
    for step, (above, under) in enumerate(pairwise(stops)):
        if tracks[step] >= 0:
            room = _gap(counts[step]) - _HEAD
            y = spans[step][1] + room * (tracks[step] + 1) / (counts[step] + 1)
            yield above, y
            yield under, y
    yield stops[-1], borders[-1][0]


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

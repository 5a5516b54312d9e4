"""Layered drawing, second half: where on its layer each vertex stands. Pure.

After Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001): vertices are
aligned with a median neighbour in four ways (from above or below, leaning left or right), each
alignment is packed, and a vertex takes the mean of the two middle ones of its four places. Arrows
over several layers so become straight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from .layers import Layers, Pair


def across(made: Layers, width: Mapping[int, float], gap: float, bends_from: int) -> dict[int, float]:
    """Give the centre of every vertex across the layers, the leftmost border at 0.

    Args:
        made: The ordered layers.
        width: Of every vertex.
        gap: Between the borders of two neighbours.
        bends_from: The first vertex that is a place of an arrow; such vertices are aligned first.
    """
    conflicts = _conflicts(made, bends_from)
    found: list[dict[int, float]] = []
    for upside_down in (False, True):
        layers = made.layers[::-1] if upside_down else made.layers
        neighbours = made.down if upside_down else made.up
        for mirrored in (False, True):
            ordered = [layer[::-1] for layer in layers] if mirrored else [list(layer) for layer in layers]
            root = _aligned(ordered, neighbours, conflicts)
            places = _packed(ordered, root, width, gap)
            found.append({vertex: -place for vertex, place in places.items()} if mirrored else places)
    _to_narrowest(found, width)
    middle = {vertex: sum(sorted(places[vertex] for places in found)[1:3]) / 2 for vertex in width}
    left = min((place - width[vertex] / 2 for vertex, place in middle.items()), default=0)
    return {vertex: place - left for vertex, place in middle.items()}


def _conflicts(made: Layers, bends_from: int) -> frozenset[Pair]:
    """Segments of arrows that cross the inner segment of a longer arrow: the longer one stays straight."""
    crossed: set[Pair] = set()
    for upper, lower in pairwise(made.layers):
        place = {vertex: index for index, vertex in enumerate(upper)}
        segments = [
            (place[above], index, above, vertex) for index, vertex in enumerate(lower) for above in made.up[vertex]
        ]
        inner = [one for one in segments if one[2] >= bends_from and one[3] >= bends_from]
        for high, low, above, vertex in segments:
            if above >= bends_from and vertex >= bends_from:
                continue
            if any((high - one[0]) * (low - one[1]) < 0 for one in inner):
                crossed |= {(above, vertex), (vertex, above)}
    return frozenset(crossed)


def _aligned(
    layers: Sequence[Sequence[int]], neighbours: Mapping[int, Sequence[int]], conflicts: frozenset[Pair]
) -> dict[int, int]:
    """Give each vertex the topmost one of the block it is aligned with."""
    root = {vertex: vertex for layer in layers for vertex in layer}
    place = {vertex: index for layer in layers for index, vertex in enumerate(layer)}
    for layer in layers:
        last = -1
        for vertex in layer:
            known = sorted(neighbours[vertex], key=place.__getitem__)
            for index in sorted({(len(known) - 1) // 2, len(known) // 2}) if known else ():
                other = known[index]
                if root[vertex] == vertex and (other, vertex) not in conflicts and last < place[other]:
                    root[vertex] = root[other]
                    last = place[other]
    return root


def _packed(
    layers: Sequence[Sequence[int]], root: Mapping[int, int], width: Mapping[int, float], gap: float
) -> dict[int, float]:
    """Place blocks as far left as their neighbours allow, then as far right as costs nothing."""
    after: dict[int, dict[int, float]] = {block: {} for block in root.values()}
    before: dict[int, dict[int, float]] = {block: {} for block in root.values()}
    for layer in layers:
        for left, right in pairwise(layer):
            apart = (width[left] + width[right]) / 2 + gap
            one, other = root[left], root[right]
            after[one][other] = before[other][one] = max(apart, after[one].get(other, 0))
    order = _topological(after, before)
    place: dict[int, float] = {}
    for block in order:
        place[block] = max((place[one] + apart for one, apart in before[block].items()), default=0)
    for block in reversed(order):
        if after[block]:
            place[block] = max(place[block], min(place[one] - apart for one, apart in after[block].items()))
    return {vertex: place[block] for vertex, block in root.items()}


def _topological(after: Mapping[int, Mapping[int, float]], before: Mapping[int, Mapping[int, float]]) -> list[int]:
    waiting = {block: len(others) for block, others in before.items()}
    ready = [block for block, count in waiting.items() if not count]
    order: list[int] = []
    while ready:
        block = ready.pop()
        order.append(block)
        for other in after[block]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return order


def _to_narrowest(found: list[dict[int, float]], width: Mapping[int, float]) -> None:
    """Shift the four placements onto the narrowest: left ones by their left, right ones by their right border."""

    def borders(places: Mapping[int, float]) -> tuple[float, float]:
        return (
            min(place - width[vertex] / 2 for vertex, place in places.items()),
            max(place + width[vertex] / 2 for vertex, place in places.items()),
        )

    low, high = min((borders(places) for places in found), key=lambda ends: ends[1] - ends[0])
    for index, places in enumerate(found):
        mirrored = index % 2
        shift = high - borders(places)[1] if mirrored else low - borders(places)[0]
        found[index] = {vertex: place + shift for vertex, place in places.items()}

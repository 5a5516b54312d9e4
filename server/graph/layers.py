"""Layered drawing, first half: which layer each state is on, and in which order. Pure.

After Sugiyama, Tagawa and Toda (1981): cycles are broken, layers are assigned, arrows that pass a
layer get a place in it, and sweeps over the layers make them cross less. `coordinates` turns the
order into places. Vertices are numbers, so that the same code serves states, labels and bends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

Pair: TypeAlias = tuple[int, int]

FAR_ROWS: Final = 6
"""An arrow over so many rows of states is too long for the eye to follow."""
_SWEEPS: Final = 24
_SETTLINGS: Final = 4


@dataclass(slots=True)
class Layers:
    """Vertices in layers. `chains` holds, for each arrow, the vertices it runs through, downwards.

    Vertices from the number of states on are places of arrows: `labels` says which of them hold an
    arrow's label. `reversed_arrows` are drawn upwards.
    """

    layers: list[list[int]]
    chains: list[list[int]]
    labels: list[int]
    reversed_arrows: frozenset[int]
    up: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    down: dict[int, list[int]] = field(default_factory=dict[int, list[int]])


def layered(count: int, arrows: Sequence[Pair], first: int) -> Layers:
    """Put `count` vertices and their arrows (none from a vertex to itself) into ordered layers.

    States stand on even layers; the odd ones are for labels, each on the layer after its upper end.
    """
    rank, backward = ranked(count, arrows, first)
    made = _with_bends(count, rank, _downward(arrows, backward), backward)
    _order(made)
    return made


def ranked(count: int, arrows: Sequence[Pair], first: int) -> tuple[list[int], frozenset[int]]:
    """Give the rank of every vertex, the first at the top, and the arrows that are drawn upwards.

    An arrow leads upwards if it closes a cycle on a walk from the first vertex, or if it leads to what stands before
    its source: authors write states in the order of the flow. Whichever makes the arrows shorter in all is taken,
    where those that are too long to be drawn count alike.
    """
    against = frozenset(index for index, (source, to) in enumerate(arrows) if to <= source)
    found = [(_ranks(count, _downward(arrows, one)), one) for one in (_backward(count, arrows, first), against)]
    return min(found, key=lambda one: sum(min(abs(one[0][to] - one[0][source]), FAR_ROWS) for source, to in arrows))


def far(count: int, arrows: Sequence[Pair], first: int) -> frozenset[int]:
    """Give the arrows that would pass more rows of states than the eye follows."""
    kept = list(range(len(arrows)))
    while True:
        rank, _ = ranked(count, [arrows[index] for index in kept], first)
        near = [index for index in kept if abs(rank[arrows[index][0]] - rank[arrows[index][1]]) < FAR_ROWS]
        if near == kept:
            return frozenset(range(len(arrows))) - frozenset(kept)
        kept = near


def _downward(arrows: Sequence[Pair], backward: frozenset[int]) -> list[Pair]:
    return [(to, source) if index in backward else (source, to) for index, (source, to) in enumerate(arrows)]


def _backward(count: int, arrows: Sequence[Pair], first: int) -> frozenset[int]:
    """The arrows that lead back to where a walk from the first state has come from."""
    out: dict[int, list[Pair]] = {vertex: [] for vertex in range(count)}
    for index, (source, target) in enumerate(arrows):
        out[source].append((index, target))
    done: set[int] = set()
    backward: set[int] = set()
    for start in (first, *range(count)):
        if start in done:
            continue
        path: set[int] = {start}
        stack = [(start, iter(out[start]))]
        while stack:
            vertex, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                path.discard(vertex)
                done.add(vertex)
            elif step[1] in path:
                backward.add(step[0])
            elif step[1] not in done:
                path.add(step[1])
                stack.append((step[1], iter(out[step[1]])))
    return frozenset(backward)


def _ranks(count: int, downward: Sequence[Pair]) -> list[int]:
    """As high as possible by the longest path; then each vertex moves to where its arrows are shorter in all."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in downward:
        before[lower].append(upper)
        after[upper].append(lower)
    rank = [0] * count
    waiting = [len(uppers) for uppers in before]
    ready = [vertex for vertex in range(count) if not waiting[vertex]]
    topological: list[int] = []
    while ready:
        vertex = ready.pop()
        topological.append(vertex)
        for lower in after[vertex]:
            rank[lower] = max(rank[lower], rank[vertex] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    for _ in range(_SETTLINGS):
        for vertex in reversed(topological):
            if len(after[vertex]) > len(before[vertex]):
                rank[vertex] = min(rank[lower] for lower in after[vertex]) - 1
        for vertex in topological:
            if len(after[vertex]) < len(before[vertex]):
                rank[vertex] = max(rank[upper] for upper in before[vertex]) + 1
    lowest = min(rank, default=0)
    return [one - lowest for one in rank]


def _with_bends(count: int, rank: Sequence[int], downward: Sequence[Pair], backward: frozenset[int]) -> Layers:
    layers: list[list[int]] = [[] for _ in range(2 * max(rank, default=0) + 1)]
    for vertex in range(count):
        layers[2 * rank[vertex]].append(vertex)
    made = Layers(layers, [], [], backward)
    made.up = {vertex: [] for vertex in range(count)}
    made.down = {vertex: [] for vertex in range(count)}
    fresh = count
    for index, (upper, lower) in enumerate(downward):
        chain = [upper]
        for layer in range(2 * rank[upper] + 1, 2 * rank[lower]):
            layers[layer].append(fresh)
            made.up[fresh], made.down[fresh] = [], []
            chain.append(fresh)
            fresh += 1
        chain.append(lower)
        for one, other in pairwise(chain):
            made.down[one].append(other)
            made.up[other].append(one)
        made.chains.append(chain)
        made.labels.append(chain[-2] if index in backward else chain[1])
    return made


def _order(made: Layers) -> None:
    """Sweep down and up, each layer sorted by the median of its neighbours; keep the best order seen."""
    best, fewest = [list(layer) for layer in made.layers], _crossings(made)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = made.up if downwards else made.down
        for layer in made.layers if downwards else reversed(made.layers):
            place = _places(made.layers)
            layer.sort(key=lambda vertex: _median(neighbours[vertex], place, place[vertex]))
        _transpose(made)
        crossings = _crossings(made)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in made.layers], crossings
    made.layers = best


def _median(neighbours: Sequence[int], place: dict[int, int], own: int) -> float:
    places = sorted(place[neighbour] for neighbour in neighbours)
    if not places:
        return own
    middle = len(places) // 2
    return places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def _transpose(made: Layers) -> None:
    """Swap neighbours on a layer as long as that makes their own arrows cross less."""
    place = _places(made.layers)
    for layer in made.layers:
        better = True
        while better:
            better = False
            for index in range(len(layer) - 1):
                left, right = layer[index], layer[index + 1]
                if _between(made, left, right, place) > _between(made, right, left, place):
                    layer[index], layer[index + 1] = right, left
                    place[left], place[right] = index + 1, index
                    better = True


def _between(made: Layers, left: int, right: int, place: dict[int, int]) -> int:
    """How often the arrows of two neighbours cross when they stand in this order."""
    return sum(
        place[one] > place[other] for side in (made.up, made.down) for one in side[left] for other in side[right]
    )


def _crossings(made: Layers) -> int:
    place = _places(made.layers)
    total = 0
    for layer in made.layers:
        ends = [place[lower] for vertex in layer for lower in sorted(made.down[vertex], key=place.__getitem__)]
        total += sum(one > other for index, one in enumerate(ends) for other in ends[index + 1 :])
    return total


def _places(layers: Sequence[Sequence[int]]) -> dict[int, int]:
    return {vertex: place for layer in layers for place, vertex in enumerate(layer)}

"""The horizontal pieces of arrows between two layers: each on a track where it lies on no other piece. Pure.

Channel routing, as on a circuit board: in which order pieces lie below each other decides how often
they cross; pieces that do not meet share a track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_APART: Final = 8.0
"""Two pieces of one track are at least so far from each other."""
_PASSES: Final = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """A way from x `above` at the upper border of the gap to x `below` at its lower border."""

    above: float
    below: float

    @property
    def straight(self) -> bool:
        """Whether it needs no track."""
        return abs(self.above - self.below) < 0.5

    def meets(self, other: Piece) -> bool:
        """Whether the two would touch on one track."""
        left, right = sorted((self.above, self.below))
        other_left, other_right = sorted((other.above, other.below))
        return left - _APART < other_right and other_left - _APART < right

    def spans(self, x: float) -> bool:
        """Whether its horizontal part passes over x."""
        return min(self.above, self.below) < x < max(self.above, self.below)


def tracks_of(pieces: Sequence[Piece]) -> tuple[list[int], int]:
    """Give the track of every piece, from 0 at the top (straight ones have none: -1), and how many there are."""
    order = [index for index, piece in enumerate(pieces) if not piece.straight]
    order.sort(key=lambda index: _key(pieces[index]))
    _settle(order, pieces)
    tracks = [-1] * len(pieces)
    for place, index in enumerate(order):
        above = [tracks[other] for other in order[:place] if pieces[other].meets(pieces[index])]
        tracks[index] = 1 + max(above, default=-1)
    return tracks, 1 + max(tracks, default=-1)


def _key(piece: Piece) -> tuple[bool, float]:
    """Pieces of one direction do not cross in this order."""
    rightwards = piece.below > piece.above
    return rightwards, -piece.above if rightwards else piece.above


def _settle(order: list[int], pieces: Sequence[Piece]) -> None:
    """Swap neighbours as long as that makes them cross less."""
    for _ in range(_PASSES):
        swapped = False
        for place in range(len(order) - 1):
            upper, lower = pieces[order[place]], pieces[order[place + 1]]
            if _crossings(lower, upper) < _crossings(upper, lower):
                order[place], order[place + 1] = order[place + 1], order[place]
                swapped = True
        if not swapped:
            return


def _crossings(upper: Piece, lower: Piece) -> int:
    """How often two pieces cross if the first lies on the higher track."""
    return lower.spans(upper.below) + upper.spans(lower.above)

"""Confidence: the product along a path, and the floors that an event does not reach.

Authors and agents write decimals, so decimals are what is multiplied: 0.9 and then 0.9 is 0.81, and meets a floor of
0.81. As binary floats a product may lie a hair beside the number that everybody would write down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final, Literal

from pointsman.contracts.workflow import Floors

_EXACT: Final = Context(prec=60)
"""Exact for thirty factors of two decimals each; what is longer is rounded far behind the last digit of a float."""


@dataclass(frozen=True, slots=True)
class MissedFloor:
    """A floor that an event did not reach, that of the step or of the path: what was demanded, and what there was."""

    floor: Literal["step", "path"]
    demanded: float
    actual: float


def product(confidences: Iterable[float]) -> float:
    """Multiply confidences as the decimals they are written as. Their order does not matter."""
    result = Decimal(1)
    for confidence in sorted(confidences):
        result = _EXACT.multiply(result, Decimal(repr(confidence)))
    return float(result)


def missed(floors: Floors, step: float, path: float) -> list[MissedFloor]:
    """Name the floors above this confidence of the step, and this one of the path. Equal is enough."""
    found: list[MissedFloor] = []
    if step < floors.floor:
        found.append(MissedFloor("step", floors.floor, step))
    if path < floors.path_floor:
        found.append(MissedFloor("path", floors.path_floor, path))
    return found

"""What all connections of a server share: the shapes of the tool list, and the calls that wait for their clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from ..replies import Governed
from .adaptive import Adaptive
from .choosing import SurfaceChoice, SurfaceName
from .compact import Compact
from .names import require_distinct
from .parked import Parked
from .stable import Stable
from .surface import Surface

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all desks of a server share: the surfaces, and the calls that wait for their clients to come back."""

    surfaces: Mapping[SurfaceName, Surface]
    parked: Parked = field(default_factory=Parked)


def shared_by_desks(governed: Governed, choice: SurfaceChoice) -> Shared:
    """Make what desks share. Where nobody chose, a stable list that is too large gives way to the compact one.

    Raises:
        NamesCollide: when two things would have one name in a list of tools.
    """
    if choice != "compact":
        require_distinct(governed.workflows())
    stable, compact = Stable(governed), Compact(governed)
    excess = stable.excess if choice in ("auto", "stable") else None
    if excess is not None:
        shown = "compact" if choice == "auto" else choice
        _log.warning("the stable tool list is larger than clients take", excess=excess, shown=shown)
    instead = choice == "auto" and excess is not None
    surfaces: Mapping[SurfaceName, Surface] = {
        "adaptive": Adaptive(governed),
        "stable": compact if instead else stable,
        "compact": compact,
    }
    return Shared(surfaces)

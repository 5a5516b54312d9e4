"""What all connections of a server share: the shapes of the tool list, and what is asked of their clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from ..elicitation.eliciting import Elicitation
from ..elicitation.people import People
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
    """What all desks of a server share: the surfaces, the calls that wait for their clients to come back, and whoever
    asks people about reviews.
    """

    surfaces: Mapping[SurfaceName, Surface]
    elicitation: Elicitation | None = None
    parked: Parked = field(default_factory=Parked)

    async def aclose(self) -> None:
        """Ask nobody any more, and let the calls that wait end without their answers."""
        if self.elicitation is not None:
            await self.elicitation.aclose()
        await self.parked.aclose()


def shared_by_desks(governed: Governed, choice: SurfaceChoice, people: People | None = None) -> Shared:
    """Make what desks share. Where nobody chose, a stable list that is too large gives way to the compact one.

    Args:
        governed: Answers every call.
        choice: Which shape of the tool list to show, or `auto`.
        people: Knows the person behind an agent; None where nobody is asked to decide reviews.

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
    return Shared(surfaces, None if people is None else Elicitation(governed, people))

"""A question for statistics, as people put it on the command line and over the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ..store.reading import Seen
from .alerts import Alerts
from .counting import Across, StatsFilter
from .spans import reference, window

WINDOW: Final = "30d"
REFERENCE: Final = "90d"
ACROSS: Final[tuple[Across, ...]] = ("version", "model")


@dataclass(frozen=True, slots=True)
class StatsAsked:
    """What is asked: the members of `StatsFilter`, with spans as people write them."""

    workflow: str | None = None
    version: int | None = None
    state: str | None = None
    model: str | None = None
    window: str = WINDOW
    reference: str = REFERENCE
    across: frozenset[Across] = frozenset()
    alerts: Alerts = field(default_factory=Alerts)

    def chosen(self, now_ms: int, seen: Seen | None = None) -> StatsFilter:
        """Give the filter that this is at a moment.

        Raises:
            NoSpan: the window or the reference is none.
        """
        now = window(self.window, now_ms)
        before = reference(self.reference, now)
        return StatsFilter(now, before, self.workflow, self.version, self.state, self.model, self.across, seen)


def read_across(names: Iterable[str]) -> frozenset[Across]:
    """Read what is put together although it differs in this; empty names are left out.

    Raises:
        ValueError: one of the names is none.
    """
    found = {name for name in names if name}
    if not found <= {*ACROSS}:
        raise ValueError(f"across: write {' or '.join(ACROSS)}")
    return frozenset(one for one in ACROSS if one in found)

"""The limit that moves a session, as its history keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.workflow import LimitKind


@dataclass(frozen=True, slots=True)
class SpentLimit:
    """What a limit allows, and by which `count` it is spent; both in the unit of its kind (`contracts.workflow.Limit`).

    Of `duration` nothing is counted: its timer was due.
    """

    kind: LimitKind
    amount: float
    count: float | None = None

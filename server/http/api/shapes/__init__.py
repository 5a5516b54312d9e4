"""What endpoints answer with, as the OpenAPI document describes it. A test holds the documents to these shapes."""

from __future__ import annotations

from .effects import Effect, Effects, Settled
from .histories import Replay, Rows, Verification
from .insights import Corrections, Stats
from .parts import Done, Principal, Refusal
from .reviews import Review, Reviews
from .sessions import Diagram, Session, Sessions
from .workflows import Counts, Workflow, Workflows

__all__ = [
    "Corrections",
    "Counts",
    "Diagram",
    "Done",
    "Effect",
    "Effects",
    "Principal",
    "Refusal",
    "Replay",
    "Review",
    "Reviews",
    "Rows",
    "Session",
    "Sessions",
    "Settled",
    "Stats",
    "Verification",
    "Workflow",
    "Workflows",
]

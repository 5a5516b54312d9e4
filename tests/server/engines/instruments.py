"""A clock to set, and a look through a whole database."""

from __future__ import annotations

from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.engines.embedded import EmbeddedEngine


class Monotonic:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


async def assert_verified(engine: EmbeddedEngine) -> None:
    """Every chain of the database holds, and is what its facts give."""
    reports = await engine.reading(lambda connection: list(verify_and_replay(connection)))
    assert [report for report in reports if not report.ok] == []

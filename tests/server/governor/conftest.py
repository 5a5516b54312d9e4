"""A governor over a real database and a real source, which the tests can hold back."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.server.application import Application
from pointsman.server.clock import ShiftedClock
from tests.server.governor.desks import HERE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("desk.py", "desk.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    return Desk(tmp_path, ShiftedClock())


@pytest.fixture
async def application(desk: Desk) -> AsyncIterator[Application]:
    async with desk.open() as opened:
        yield opened

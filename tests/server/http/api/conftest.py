"""An office: the desk's workflow, served over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.server.clock import ShiftedClock
from tests.server.governor.desks import HERE, Desk
from tests.server.http.api.offices import Office, office


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("desk.py", "desk.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    with (tmp_path / "desk.yaml").open("a", encoding="utf-8") as file:
        file.write("access: {view: starter}\n")
    return Desk(tmp_path, ShiftedClock())


@pytest.fixture
async def served(desk: Desk) -> AsyncIterator[Office]:
    async with office(desk) as opened:
        yield opened

"""The office over a real database and a real source."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.server.application import Application
from pointsman.server.clock import ShiftedClock
from tests.server.governor.desks import HERE, Desk
from tests.server.notices.office import Told, write_office


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    shutil.copy(HERE / "desk.py", tmp_path / "desk.py")
    write_office(tmp_path)
    return Desk(tmp_path, ShiftedClock(), "office")


@pytest.fixture
async def application(office: Desk) -> AsyncIterator[Application]:
    async with office.open(caretaking=False) as opened:
        yield opened


@pytest.fixture
def told() -> Told:
    return Told()

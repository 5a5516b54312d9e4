"""Docks for every test, and their servers ended afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .workshop import Docks


@pytest.fixture
async def docks(tmp_path: Path) -> AsyncIterator[Docks]:
    docks = Docks(tmp_path)
    yield docks
    for source in docks.opened:
        await source.aclose()

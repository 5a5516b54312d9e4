"""A workshop for every test, and its sources closed afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .workshop import Workshop


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    shop = Workshop(tmp_path)
    yield shop
    for source in shop.opened:
        await source.aclose()

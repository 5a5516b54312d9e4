"""A desk and a server for every test; their sources are closed afterwards."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from .api_server import Api, serving
from .workshop import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for source in desk.opened:
        await source.aclose()


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        yield api

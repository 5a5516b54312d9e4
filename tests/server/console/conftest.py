"""The console that the tests of a file share."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.server.console.opened import Console, opened


@pytest.fixture(scope="module")
async def console(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Console]:
    async with opened(tmp_path_factory.mktemp("console")) as found:
        yield found

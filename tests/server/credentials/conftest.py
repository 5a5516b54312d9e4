"""Tokens of an issuer, shown to a server."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.server.credentials.shown import Shown, shown_to


@pytest.fixture
async def shown() -> AsyncGenerator[Shown]:
    async with shown_to() as found:
        yield found

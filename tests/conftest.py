"""What every test shares."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asyncio only: it is what the server runs on."""
    return "asyncio"

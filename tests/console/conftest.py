"""What the journeys in a browser share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.console.browser import CHROMIUM, NO_CHROMIUM, Window, Windows, opened_browser
from tests.console.office import Office, opened_office


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """One browser for all tests; what each of them sees and keeps is in windows of its own."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    async with opened_browser() as found:
        yield found


@pytest.fixture
async def windows(browser: Browser) -> AsyncGenerator[Windows]:
    """Windows of every size and colour. What goes wrong in one and was not expected fails the test."""
    opened = Windows(browser)
    yield opened
    assert await opened.aclose() == []


@pytest.fixture
async def window(windows: Windows) -> Window:
    """One window, on a desk, by day."""
    return await windows.open()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    """An office in which nothing has been done yet."""
    async with opened_office(tmp_path) as found:
        yield found

"""Debian's chromium, driven by Playwright. Whatever goes wrong in a window and is not expected fails the test.

No browser is downloaded: `.ci/run` installs the system's. Every window has a profile of its own.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, async_playwright

CHROMIUM: Final = shutil.which("chromium")
"""Where the browser is; None where it is not installed."""
NO_CHROMIUM: Final = "chromium is not installed (Debian: apt-get install chromium)"

Scheme: TypeAlias = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")

_FLAGS: Final = (
    "--no-sandbox",  # it cannot make one for root, as whom CI runs
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS: Final = 10_000
_LEFT: Final = "net::ERR_ABORTED"
"""What becomes of a request whose page has been left, and of an address that is downloaded instead of shown."""
_HERE: Final = frozenset({"127.0.0.1", "localhost", None})


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody looks at: its size in CSS pixels, and whether it is a phone's."""

    name: str
    width: int
    height: int
    phone: bool = False


DESKTOP: Final = Screen("desktop", 1280, 800)
PHONE: Final = Screen("phone", 390, 844, phone=True)
SCREENS: Final = (DESKTOP, PHONE)


@dataclass
class Window:
    """A window, and what has gone wrong in it: errors of scripts, violations of the policy, requests that failed."""

    page: Page
    problems: list[str] = field(default_factory=list[str])
    _expected: list[re.Pattern[str]] = field(default_factory=list[re.Pattern[str]])

    def expect(self, pattern: str) -> None:
        """Take problems that have this in them for what the test is about."""
        self._expected.append(re.compile(pattern))

    @property
    def unexpected(self) -> list[str]:
        """The problems that no test has spoken of."""
        return [one for one in self.problems if not any(pattern.search(one) for pattern in self._expected)]


class Windows:
    """Opens windows, and closes them all."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._windows: list[Window] = []

    async def open(self, screen: Screen = DESKTOP, scheme: Scheme = "light", *, calm: bool = True) -> Window:
        """Open a window with a profile of its own: no cookies, nothing kept.

        Args:
            screen: What it is looked at on.
            scheme: Which colours its owner likes.
            calm: Whether its owner wants nothing to move.
        """
        context = await self._browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            is_mobile=screen.phone,
            has_touch=screen.phone,
            color_scheme=scheme,
            reduced_motion="reduce" if calm else "no-preference",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(_PATIENCE_MS)
        self._contexts.append(context)
        window = Window(await context.new_page())
        _watch(context, window.problems)
        self._windows.append(window)
        return window

    async def aclose(self) -> list[str]:
        """Close them all, and give what has gone wrong in them and was not expected."""
        for context in self._contexts:
            await context.close()
        return [problem for window in self._windows for problem in window.unexpected]


@asynccontextmanager
async def opened_browser() -> AsyncGenerator[Browser]:
    """Start the browser. It has no window yet."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS])
        try:
            yield browser
        finally:
            await browser.close()


def _watch(context: BrowserContext, problems: list[str]) -> None:
    """Note what goes wrong in all pages of a context, those that a page opens too."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):  # a violation of the content policy is an error here
            problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def on_failed(request: Request) -> None:
        if request.failure != _LEFT:
            problems.append(f"failed: {request.method} {request.url}: {request.failure}")

    def on_request(request: Request) -> None:
        if urlsplit(request.url).hostname not in _HERE:
            problems.append(f"foreign: {request.method} {request.url}")

    def on_error(error: Error) -> None:
        problems.append(f"script: {error}")

    context.on("console", on_console)
    context.on("requestfailed", on_failed)
    context.on("request", on_request)
    context.on("weberror", lambda raised: on_error(raised.error))

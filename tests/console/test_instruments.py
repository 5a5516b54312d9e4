"""The instruments of these journeys see what they are there to see, on pages that have every fault."""

from __future__ import annotations

import re
from collections.abc import Generator
from http.server import ThreadingHTTPServer
from typing import Final

import pytest
from playwright.async_api import Browser

from tests.console.accessibility import violations
from tests.console.browser import DESKTOP, PHONE, SCHEMES, SCREENS, Scheme, Screen, Windows
from tests.tools.loopback import QuietHandler, running

pytestmark = pytest.mark.browser

POLICY: Final = "default-src 'none'; script-src 'self'; img-src *; connect-src *; style-src 'self'"
HEAD: Final = (
    '<!doctype html><html lang="en"><head><title>A page</title>'
    '<meta name="viewport" content="width=device-width"></head><body><main><h1>A page</h1>'
)
PAGES: Final = {
    "/sound": "<p>Nothing is wrong here.</p>",
    "/inline": "<script>document.title = 'Mine'</script>",
    "/throws": '<script src="/throwing.js"></script>',
    "/missing": '<img alt="" src="/nothing.png">',
    "/unreachable": '<img alt="" src="http://127.0.0.1:9/a.png">',
    "/foreign": '<img alt="" src="http://elsewhere.invalid/a.png">',
    "/nameless": "<input type='text'>",
    "/pale": "<p id='pale'>Hardly to be read.</p><link rel='stylesheet' href='/pale.css'>",
}
FILES: Final = {
    "/favicon.ico": ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "/throwing.js": ("text/javascript", b"throw new Error('of the page')"),
    "/pale.css": ("text/css", b"#pale { color: #ccc; background: #fff }"),
}


class Handler(QuietHandler):
    """Answers with the pages above, under a strict policy."""

    def do_GET(self) -> None:  # noqa: N802 - the name it overrides
        path = self.path.partition("?")[0]
        if path in PAGES:
            body = f"{HEAD}{PAGES[path]}</main></body></html>".encode()
            self.answer(200, body, kind="text/html; charset=utf-8", **{"content-security-policy": POLICY})
        elif path in FILES:
            kind, content = FILES[path]
            self.answer(200, content, kind=kind)
        else:
            self.answer(404, b"", kind="text/plain")


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/inline", "error: .*violates the following Content Security Policy directive"),
        ("/throws", "script: .*of the page"),
        ("/missing", "error: .*404.*nothing.png"),
        ("/unreachable", "failed: GET http://127.0.0.1:9/a.png"),
        ("/foreign", "foreign: GET http://elsewhere.invalid/a.png"),
    ],
)
async def test_what_goes_wrong_in_a_window_is_seen_unless_it_is_expected(
    browser: Browser, url: str, path: str, seen: str
) -> None:
    windows = Windows(browser)
    window = await windows.open()
    await window.page.goto(url + path, wait_until="networkidle")
    assert window.unexpected == window.problems != []
    assert any(re.match(seen, one) for one in window.problems)
    window.expect(seen)
    window.expect("net::ERR_")  # the browser says more than once that there is nobody
    assert window.unexpected == []
    assert await windows.aclose() == []


async def test_nothing_is_said_of_a_sound_page(windows: Windows, url: str) -> None:
    window = await windows.open()
    await window.page.goto(f"{url}/sound", wait_until="networkidle")
    assert window.problems == []
    assert await violations(window.page) == []


@pytest.mark.parametrize(("path", "rule"), [("/nameless", "label"), ("/pale", "color-contrast")])
async def test_axe_judges_a_page_without_weakening_its_policy(windows: Windows, url: str, path: str, rule: str) -> None:
    window = await windows.open()
    await window.page.goto(url + path, wait_until="networkidle")
    (violation,) = await violations(window.page)
    assert f"({rule})" in violation.splitlines()[0]
    assert window.problems == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS, ids=[screen.name for screen in SCREENS])
async def test_a_window_has_the_size_and_the_colours_it_is_opened_with(
    windows: Windows, url: str, screen: Screen, scheme: Scheme
) -> None:
    window = await windows.open(screen, scheme)
    await window.page.goto(f"{url}/sound")
    width, dark, touched = await window.page.evaluate(
        "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('(pointer: coarse)').matches]"
    )
    assert (width, dark, touched) == (screen.width, scheme == "dark", screen.phone)


async def test_windows_know_nothing_of_each_other(windows: Windows, url: str) -> None:
    one, other = await windows.open(DESKTOP), await windows.open(PHONE)
    await one.page.goto(f"{url}/sound")
    await one.page.evaluate("document.cookie = 'mine=1'")
    await other.page.goto(f"{url}/sound")
    assert await other.page.evaluate("document.cookie") == ""

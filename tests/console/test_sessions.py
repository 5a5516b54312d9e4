"""The page of a session in a real browser: it follows the session, and leaves its reader where they are."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from pointsman.contracts.values import JsonObject
from tests.console.accessibility import violations
from tests.console.browser import PHONE, Windows
from tests.console.office import Office
from tests.console.signing import sign_in

pytestmark = pytest.mark.browser
PROPOSED: Final[JsonObject] = {
    "iban": "DE75512108001245126199",
    "letter": "Please change it.",
    "confidence": 0.8,
    "rationale": "The letter says so.",
    "alternatives": [],
}


async def test_a_page_follows_its_session_and_keeps_what_is_open_and_has_focus(
    office: Office, windows: Windows
) -> None:
    session = await office.start("supplier_change", supplier="Kestrel Ltd")
    page = (await windows.open()).page
    await sign_in(page, office.server.url, office.tokens["maria"])
    await page.goto(f"{office.server.url}/console/sessions/{session}")
    await expect(page.locator("#head .state")).to_have_text("reading")
    first = page.locator("[id='row-1'] details")
    await first.locator("summary").click()
    link = page.locator("[id='row-2-link']")
    await link.focus()
    scrolled = await page.evaluate("scrollY")
    assert scrolled > 0
    await office.act(session, "propose", **PROPOSED)
    await expect(page.locator("#head .state")).to_have_text("confirming")
    await expect(page.locator("#said")).to_contain_text("waits for a person")
    await expect(page.locator("#drawing #pm-here")).to_contain_text("confirming")
    await expect(page.locator("#record")).to_contain_text("Please change it.")
    await expect(page.get_by_role("link", name="Open the review")).to_be_visible()
    await expect(first).to_have_attribute("open", "")
    await expect(link).to_be_focused()
    await office.decide(session, "maria", "drop", rationale="Nobody there knows of it.")
    await expect(page.locator("#head")).to_contain_text("ended")
    await expect(link).to_be_focused()


async def test_the_pages_of_sessions_have_no_barriers_and_fit_a_phone(office: Office, windows: Windows) -> None:
    session = await office.start("supplier_change", supplier="Kestrel Ltd")
    await office.act(session, "propose", **PROPOSED)
    for scheme in ("light", "dark"):
        page = (await windows.open(PHONE, scheme)).page
        await sign_in(page, office.server.url, office.tokens["maria"])
        for path in (
            "",
            "?waiting=human",
            f"/{session}",
            f"/{session}/diagram",
            f"/{session}/cancel",
            f"/{session}/restart",
        ):
            await page.goto(f"{office.server.url}/console/sessions{path}")
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

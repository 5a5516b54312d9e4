"""The story this product is for: an agent prepares, a person decides in a browser, and what follows happens once."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.async_api import Page

from tests.console.browser import Window
from tests.console.office import INVOICES, Office
from tests.console.signing import SIGN_IN

pytestmark = pytest.mark.browser

DEMO = INVOICES.parent / "scripts" / "demo.yaml"
REVIEW = "awaiting_accounts_payable_review"


class Keyboard:
    """A person who has no mouse."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def to(self, selector: str) -> None:
        """Go on with the tabulator until something has the focus."""
        for _ in range(150):
            await self._page.keyboard.press("Tab")
            if await self._page.evaluate("one => document.activeElement.matches(one)", selector):
                assert await self._page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"the tabulator does not come to {selector}")

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self._page.keyboard.press(key)

    async def write(self, text: str) -> None:
        """Write into what has the focus."""
        await self._page.keyboard.type(text)

    async def enter(self, address: str) -> None:
        """Press Enter, and wait for the page that it leads to."""
        async with self._page.expect_navigation(url=f"**{address}"):
            await self._page.keyboard.press("Enter")


def routes(office: Office, invoice: str) -> list[tuple[str, str]]:
    """What the ERP was told of an invoice."""
    (file,) = (office.server.shell.place / "data").rglob("invoices-erp.db")
    with sqlite3.connect(file) as erp:
        return erp.execute("SELECT route, approved_by FROM routes WHERE invoice_id = ?", (invoice,)).fetchall()


async def test_an_agent_prepares_a_person_decides_by_keyboard_and_the_erp_is_told_once(
    office: Office, window: Window
) -> None:
    session = await office.play(DEMO, until=REVIEW)
    await office.agent.subscribe(f"session://{session}")
    page, hands = window.page, Keyboard(window.page)

    await page.goto(f"{office.server.url}/console")
    await hands.write(office.tokens["maria"])  # the field has the focus
    await hands.enter("/console/reviews")
    await hands.to(f"a[href='/console/reviews/{session}']")
    await hands.enter(f"/console/reviews/{session}")
    await hands.to("select")
    shown = await page.locator("select").input_value()
    while await page.locator("select").input_value() != "write_off":
        await hands.press("ArrowDown")
    await hands.to("textarea[name=rationale]")
    await hands.write("They must send a right one.")
    await hands.to("button[value=approve]")
    await hands.enter("/draft")
    assert await page.locator("del").inner_text() == shown
    assert await page.locator("ins").inner_text() == "write_off"
    assert routes(office, "INV-1003") == []
    await hands.to("main button")
    await hands.enter(f"/console/sessions/{session}?decided=approve")

    assert await office.agent.update() == f"session://{session}"
    assert (await office.agent.call("status", session=session))["state"] == "completed"
    assert routes(office, "INV-1003") == [("write_off", "maria")]
    history = office.server.shell.look("audit", "show", session, "--json")
    (decided,) = [row for row in history if row["kind"] == "decided"]
    (opened,) = [row for row in history if row["kind"] == "settled" and row["body"].get("review")]
    assert (decided["actor_kind"], decided["actor_id"], decided["channel"]) == ("human", "maria", "console")
    assert decided["body"]["shown_digest"] == opened["body"]["review"]["shown_digest"]
    assert decided["body"]["edits"]["route"]["after"] == "write_off"


async def test_a_link_in_a_message_leads_there_by_way_of_signing_in_and_decides_nothing(
    office: Office, window: Window
) -> None:
    session = await office.play(DEMO, until=REVIEW)
    link = f"{office.server.url}/console/reviews/{session}"
    await window.page.goto(link)
    assert SIGN_IN in window.page.url
    await window.page.locator("input[name=token]").fill(office.tokens["maria"])
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_url(link)
    for _ in range(3):
        await window.page.reload()
    assert (await office.agent.call("status", session=session))["state"] == REVIEW

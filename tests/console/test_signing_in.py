"""A person signs in to the console and out of it, in a browser: with a token, and with an OIDC issuer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import expect

from tests.console.accessibility import violations
from tests.console.browser import SCHEMES, SCREENS, Scheme, Screen, Window, Windows
from tests.console.office import Office, opened_office
from tests.console.signing import SIGN_IN, sign_in
from tests.server.console.trusting import trusting
from tests.server.credentials.entrance import Entrance, open_entrance

pytestmark = pytest.mark.browser
REFUSED = "403 \\(Forbidden\\)"


@pytest.fixture
async def entrance(tmp_path: Path) -> AsyncGenerator[Entrance]:
    """An issuer on another site than the server's, where Hugo agrees by himself; its server trusts it."""
    async with open_entrance() as found:
        found.asks = True
        elsewhere = found.issuer.url.replace("127.0.0.1", "localhost")
        found.say_where(authorization_endpoint=f"{elsewhere}/authorize")
        trusting(tmp_path, found, 'client_id = "console"', role="accounts_payable_manager")
        yield found


async def test_a_person_signs_in_with_a_token_by_keyboard_and_comes_to_what_they_opened(
    office: Office, window: Window
) -> None:
    page, url = window.page, office.server.url
    await page.goto(f"{url}/console/reviews?role=procurement")
    await expect(page).to_have_title("Sign in · Pointsman")
    await expect(page.get_by_label("Token")).to_be_focused()
    await page.keyboard.type(office.tokens["pavel"])
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{url}/console/reviews?role=procurement")
    await expect(page.get_by_role("banner")).to_contain_text("pavel")
    (cookie,) = await page.context.cookies()
    assert (cookie.get("name"), cookie.get("httpOnly"), cookie.get("sameSite")) == ("pointsman", True, "Strict")
    kept = await page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    for secret in (office.tokens["pavel"], str(cookie.get("value"))):
        assert secret not in kept
        assert secret not in await page.content()


async def test_a_person_signs_out_and_nothing_is_shown_any_more_not_by_going_back(
    office: Office, window: Window
) -> None:
    page, url = window.page, office.server.url
    await sign_in(page, url, office.tokens["maria"], "/console/reviews")
    held = await page.context.cookies()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_title("Sign in · Pointsman")
    assert await page.context.cookies() == []
    await page.go_back()
    await expect(page).to_have_title("Sign in · Pointsman")
    await page.context.add_cookies([{"name": str(held[0].get("name")), "value": str(held[0].get("value")), "url": url}])
    await page.goto(f"{url}/console/reviews")
    await expect(page).to_have_title("Sign in · Pointsman")  # what the browser held has ended here, not there alone


@pytest.mark.parametrize("who", ["matcher", "erp", "nobody"])
async def test_the_token_of_a_program_opens_nothing_and_is_not_shown_again(
    office: Office, window: Window, who: str
) -> None:
    window.expect(REFUSED)
    page, token = window.page, office.tokens.get(who, "pmh_" + "A" * 43)
    await page.goto(office.server.url + SIGN_IN)
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("Token")).to_have_value("")
    assert token not in await page.content()
    assert await page.context.cookies() == []
    assert await violations(page) == []


async def test_a_token_that_is_revoked_ends_what_was_opened_with_it(office: Office, window: Window) -> None:
    page, url = window.page, office.server.url
    await sign_in(page, url, office.tokens["nadia"], "/console/reviews")
    office.server.revoke("nadia")
    await page.reload()
    await expect(page).to_have_title("Sign in · Pointsman")


@pytest.mark.usefixtures("entrance")
async def test_a_person_signs_in_with_the_issuer_and_out_again(tmp_path: Path, window: Window) -> None:
    async with opened_office(tmp_path) as office:
        page, url = window.page, office.server.url
        await page.goto(f"{url}/console/reviews?role=procurement")
        await page.get_by_role("link", name="Sign in with 127.0.0.1").click()
        await expect(page).to_have_title("Acme")
        assert page.url.startswith("http://localhost:")
        (held,) = await page.context.cookies(f"{url}{SIGN_IN}")
        assert (held.get("name"), held.get("httpOnly"), held.get("sameSite")) == ("pointsman-begun", True, "Lax")
        await page.get_by_role("link", name="I am Hugo").click()
        await expect(page).to_have_url(f"{url}/console/reviews?role=procurement")  # though led there from another site
        await expect(page.get_by_role("banner")).to_contain_text("oidc:hugo")
        (cookie,) = await page.context.cookies()
        assert (cookie.get("name"), cookie.get("sameSite")) == ("pointsman", "Strict")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_title("Sign in · Pointsman")


async def test_the_issuers_answer_to_another_browser_signs_nobody_in(
    tmp_path: Path, entrance: Entrance, window: Window
) -> None:
    """Login CSRF: the attacker leads the victim to the answer that was given to the attacker."""
    entrance.asks = False
    async with opened_office(tmp_path) as office, httpx2.AsyncClient(verify=False) as attacker:
        begun = (await attacker.get(f"{office.server.url}{SIGN_IN}/issuer")).headers["location"]
        window.expect(REFUSED)
        await window.page.goto((await attacker.get(begun)).headers["location"])
        await expect(window.page.get_by_role("alert")).to_contain_text("not begun in this browser")
        await window.page.goto(f"{office.server.url}/console/reviews")
        await expect(window.page).to_have_title("Sign in · Pointsman")


@pytest.mark.usefixtures("entrance")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS, ids=[screen.name for screen in SCREENS])
async def test_the_entrance_can_be_used_by_everybody(
    tmp_path: Path, windows: Windows, screen: Screen, scheme: Scheme
) -> None:
    async with opened_office(tmp_path) as office:
        window = await windows.open(screen, scheme)
        await window.page.goto(office.server.url + SIGN_IN)
        assert await violations(window.page) == []
        assert await window.page.evaluate("document.documentElement.scrollWidth") <= screen.width

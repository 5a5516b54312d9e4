"""Signing in to the console, as a person does it."""

from __future__ import annotations

from playwright.async_api import Page

SIGN_IN = "/console/sign-in"


async def sign_in(page: Page, url: str, token: str, path: str = "/console") -> None:
    """Go to a page of the console, and show one's token where it is asked for."""
    await page.goto(url + path)
    await page.locator("input[name=token]").fill(token)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: not address.startswith(url + SIGN_IN))

"""axe-core, which judges a page by the rules of WCAG 2.2 AA that a machine can judge by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from playwright.async_api import Page

Violation: TypeAlias = dict[str, Any]

_GRAVE: Final = ("serious", "critical")
_OPTIONS: Final = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2; axe leaves it out unless it is asked for
    "resultTypes": ["violations"],
}


async def violations(page: Page) -> list[str]:
    """Give what is wrong on a page, each in a few lines: the rule, the elements, and what to mend.

    The script is put in by the debugger, so that the page's own content policy stays what it is.
    """
    await page.evaluate(_axe())
    found = await page.evaluate("options => axe.run(document, options)", _OPTIONS)
    return [_told(one) for one in found["violations"] if one["impact"] in _GRAVE]


async def too_wide(page: Page) -> list[str]:
    """Say by how much a page is wider than its window, if it is."""
    over: int = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{over} pixels wider than its window"] if over > 0 else []


def _told(violation: Violation) -> str:
    return "\n".join([f"{violation['impact']}: {violation['help']} ({violation['id']})", *_places(violation)])


def _places(violation: Violation) -> Iterator[str]:
    for node in violation["nodes"]:
        yield f"  {' '.join(map(str, node['target']))}: {node['html']}"
        yield from (f"    {line}" for line in str(node["failureSummary"]).splitlines())


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

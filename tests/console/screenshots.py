"""Photographs the pages of the console, at both widths, light and dark, in an office at the end of a busy day.

    python -m tests.console.screenshots FOLDER [--only NAME…]
    python -m tests.console.screenshots --serve

The first says what is wrong with a page beside it: what the browser complains of, and what axe finds. The second
says the office's address and everybody's token, and keeps it open until Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from tests.console.accessibility import too_wide, violations
from tests.console.browser import SCHEMES, SCREENS, Scheme, Screen, Windows, opened_browser
from tests.console.office import Office, opened_office
from tests.console.seeding import Seeded, seed
from tests.console.signing import SIGN_IN, sign_in


@dataclass(frozen=True, slots=True)
class Shot:
    """A page, and who looks at it; nobody is signed in where no person is named."""

    name: str
    path: str
    person: str | None = "maria"


ENTRANCE: Final = (Shot("entrance", SIGN_IN, None),)


def shots(seeded: Seeded) -> Iterator[Shot]:
    """Every page that there is to see."""
    yield from ENTRANCE
    yield Shot("inbox", "/console/reviews")
    yield Shot("inbox-of-nothing", "/console/reviews", "otto")
    yield Shot("inbox-of-few", "/console/reviews", "nadia")
    for name in ("review", "unsure", "hostile", "long", "two_persons", "call", "done"):
        yield Shot(f"review-{name}", f"/console/reviews/{getattr(seeded, name)}")
    yield Shot("review-escalated", f"/console/reviews/{seeded.escalated}", "pavel")
    yield Shot("review-not-mine", f"/console/reviews/{seeded.escalated}", "otto")
    yield Shot("sessions", "/console/sessions")
    yield Shot("sessions-of-nobody", "/console/sessions", "otto")
    for name in Seeded.__slots__:
        yield Shot(f"session-{name}", f"/console/sessions/{getattr(seeded, name).partition('.')[0]}")
    yield Shot("workflows", "/console/workflows")
    for name in ("invoice_exception", "service_desk", "supplier_change"):
        yield Shot(f"workflow-{name}", f"/console/workflows/{name}")
    yield Shot("effects", "/console/effects")
    yield Shot("effects-of-nobody", "/console/effects", "otto")
    yield Shot("effect-unknown", f"/console/effects/{seeded.unknown}.9")
    yield Shot("audit", "/console/audit")
    yield Shot("audit-of-auditor", "/console/audit", "audrey")
    yield Shot("audit-of-session", f"/console/audit?session={seeded.done}")
    yield Shot("audit-of-nothing", "/console/audit?actor=nobody")
    yield Shot("audit-badly-asked", "/console/audit?kind=odd&since=tomorrow")
    yield Shot("audit-of-server", "/console/audit?session=server", "audrey")
    for name, revision in (("hostile", 4), ("done", 1), ("long", 12)):
        yield Shot(f"row-{name}", f"/console/audit/{getattr(seeded, name)}/{revision}")
    yield Shot("verification", "/console/audit/verification")
    yield Shot("verification-of-auditor", "/console/audit/verification", "audrey")
    yield Shot("verification-of-session", f"/console/audit/verification?session={seeded.done}")
    yield Shot("nothing-there", "/console/no-such-page")


class Photographer:
    """Goes through the pages, and tells what is wrong with them."""

    def __init__(self, office: Office, windows: Windows, folder: Path) -> None:
        self._office = office
        self._windows = windows
        self._folder = folder
        self._missing: set[str] = set()

    async def photograph(self, wanted: Sequence[Shot], screen: Screen, scheme: Scheme) -> None:
        """Photograph pages on one screen, those of each person in one window."""
        for person in dict.fromkeys(shot.person for shot in wanted):
            window = await self._windows.open(screen, scheme)
            if person is not None:
                await sign_in(window.page, self._office.server.url, self._office.tokens[person])
            for shot in (one for one in wanted if one.person == person and one.name not in self._missing):
                window.problems.clear()
                answer = await window.page.goto(self._office.server.url + shot.path)
                if answer is not None and answer.status == HTTPStatus.NOT_FOUND and shot.name != "nothing-there":
                    self._missing.add(shot.name)
                    _say(f"{shot.name}: not there ({shot.path})")
                    continue
                name = f"{shot.name}.{screen.name}.{scheme}"
                await window.page.screenshot(path=self._folder / f"{name}.png", full_page=True)
                for problem in [*window.problems, *await violations(window.page), *await too_wide(window.page)]:
                    _say(f"{name}: {problem}")


async def _photographs(folder: Path, only: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        async with opened_office(Path(place)) as office, opened_browser() as browser:
            seeded = await seed(office)
            wanted = [one for one in shots(seeded) if not only or one.name.startswith(tuple(only))]
            windows = Windows(browser)
            photographer = Photographer(office, windows, folder)
            for screen in SCREENS:
                for scheme in SCHEMES:
                    await photographer.photograph(wanted, screen, scheme)
            await windows.aclose()


async def _open() -> None:
    with tempfile.TemporaryDirectory() as place:
        async with opened_office(Path(place)) as office:
            seeded = await seed(office)
            _say(f"{office.server.url}/console")
            for person, token in office.tokens.items():
                _say(f"{person}: {token}")
            for shot in shots(seeded):
                _say(f"{shot.name}: {shot.path}")
            await asyncio.Event().wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.console.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where the photographs are put")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="pages whose name begins so")
    parser.add_argument("--serve", action="store_true", help="open the office, and take no photographs")
    asked = parser.parse_args()
    if asked.serve == (asked.folder is not None):
        parser.error("say a folder, or --serve")
    try:
        asyncio.run(_open() if asked.serve else _photographs(asked.folder, asked.only))
    except KeyboardInterrupt:
        _say("closed")


if __name__ == "__main__":
    main()

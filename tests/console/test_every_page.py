"""Every page of the console, at both widths, light and dark: by WCAG 2.2 AA, and without a word of complaint."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.console.accessibility import too_wide, violations
from tests.console.browser import SCHEMES, SCREENS, Scheme, Screen, Windows
from tests.console.office import Office, opened_office
from tests.console.screenshots import shots
from tests.console.seeding import Seeded, seed
from tests.console.signing import sign_in

pytestmark = pytest.mark.browser

REFUSED = "status of (404|409|422)|does not conform to the required format"
"""What a browser says of pages that are there to say no."""


@pytest.fixture(scope="module")
async def busy(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Office, Seeded]]:
    async with opened_office(tmp_path_factory.mktemp("office")) as office:
        yield office, await seed(office)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("screen", SCREENS, ids=[screen.name for screen in SCREENS])
async def test_no_page_has_a_grave_fault(
    busy: tuple[Office, Seeded], windows: Windows, screen: Screen, scheme: Scheme
) -> None:
    office, seeded = busy
    wanted = [*shots(seeded)]
    assert len(wanted) > 40
    found: list[str] = []
    for person in dict.fromkeys(shot.person for shot in wanted):
        window = await windows.open(screen, scheme)
        window.expect(REFUSED)
        if person is not None:
            await sign_in(window.page, office.server.url, office.tokens[person])
        for shot in (one for one in wanted if one.person == person):
            answer = await window.page.goto(office.server.url + shot.path)
            assert answer is not None
            assert answer.status < 500, shot.name
            assert (answer.status == 404) == (shot.name == "nothing-there"), shot.name
            problems = [*await violations(window.page), *await too_wide(window.page)]
            found += [f"{shot.name}: {problem}" for problem in problems]
    assert found == []

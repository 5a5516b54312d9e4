"""What agents, downstreams and other sites try in a browser: nothing of it is obeyed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Final

import pytest

from pointsman.contracts.visible import UNSEEN
from tests.console.accessibility import too_wide
from tests.console.browser import SCREENS, Screen, Windows
from tests.console.corpus import LONG, SCRIPTS
from tests.console.office import Office, opened_office
from tests.console.seeding import hostile
from tests.console.signing import SIGN_IN, sign_in
from tests.tools.loopback import QuietHandler, running

pytestmark = pytest.mark.browser

KEPT: Final = "\n\t\u00ad"
"""What a text may have in a page all the same: lines, tabs, and what the fonts themselves hide."""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Office]:
    async with opened_office(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture(scope="module")
async def session(office: Office) -> str:
    """A session with every text of the corpus in every field that an agent or a downstream can write."""
    return await hostile(office)


def pages_of(session: str) -> dict[str, str]:
    """The pages that show what is in a session."""
    return {
        "inbox": "/console/reviews",
        "review": f"/console/reviews/{session}",
        "sessions": "/console/sessions",
        "session": f"/console/sessions/{session}",
        "rows": f"/console/audit?session={session}",
        "row": f"/console/audit/{session}/1",
        "refusal": f"/console/audit/{session}/3",
        "workflow": "/console/workflows/supplier_change",
    }


@pytest.mark.parametrize("screen", SCREENS, ids=[screen.name for screen in SCREENS])
@pytest.mark.parametrize("page", pages_of(""))
async def test_texts_of_others_are_read_and_do_nothing(
    office: Office, session: str, windows: Windows, screen: Screen, page: str
) -> None:
    """Any violation of the content policy, script error or request elsewhere fails it, too."""
    window = await windows.open(screen)
    await sign_in(window.page, office.server.url, office.tokens["maria"], pages_of(session)[page])
    await window.page.wait_for_load_state("networkidle")
    title = await window.page.title()
    assert title.endswith("· Pointsman")
    assert await window.page.locator("main h1").is_visible()
    for tag in (
        "iframe",
        "form[action^='//']",
        "base",
        "main style",
        "main script",
        "main meta",
        "[onload]",
        "[onerror]",
    ):
        assert await window.page.locator(tag).count() == 0
    for link in await window.page.locator("a").evaluate_all("all => all.map(one => one.protocol)"):
        assert link in ("http:", "https:")
    shown = await window.page.locator("body").inner_text()
    assert [one for one in UNSEEN.findall(shown) if one not in KEPT] == []
    assert await too_wide(window.page) == []


async def test_what_an_agent_wrote_comes_through_the_second_step_and_the_history_unchanged(
    office: Office, windows: Windows
) -> None:
    texts = (*SCRIPTS, *LONG)
    session = await hostile(office, texts)
    window = await windows.open()
    await sign_in(window.page, office.server.url, office.tokens["maria"], f"/console/reviews/{session}")
    await window.page.locator("textarea[name=rationale]").fill("</textarea><script>document.title='taken'</script>")
    await window.page.locator("textarea[name='edit.reasons']").fill('["<b onload=x>"]')
    await window.page.locator("button[value=drop]").click()
    await window.page.wait_for_url("**/draft")
    assert await window.page.locator("main script, main b").count() == 0
    await window.page.locator("main button", has_text="Drop").first.click()
    await window.page.wait_for_url(f"**/console/sessions/{session}?decided=drop")
    assert await window.page.locator("main script, main b").count() == 0
    shown = (await office.server.ask("GET", f"/api/sessions/{session}", office.tokens["maria"])).json()["record"]
    assert (shown["iban"]["value"], shown["letter"]["value"]) == (texts[1], "\n".join(texts))
    assert shown["reasons"]["value"] == ["<b onload=x>"]  # all that its person has edited


async def test_a_page_of_another_site_can_neither_frame_the_console_nor_act_in_it(
    office: Office, session: str, windows: Windows
) -> None:
    window = await windows.open()
    review = f"{office.server.url}/console/reviews/{session}"
    await sign_in(window.page, office.server.url, office.tokens["maria"], f"/console/reviews/{session}")
    assert "confirming" in await window.page.content()  # what a frame would show
    fields = {
        name: await window.page.locator(f"form[action$='/draft'] input[name={name}]").input_value()
        for name in ("shown_digest", "stay", "forgery")
    }
    before = await office.agent.call("status", session=session)
    window.expect("frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE|403|404|ERR_FAILED|Failed to fetch")
    with elsewhere(review, fields) as attacker:
        # By another name of this machine: another site, where a strict cookie does not go along.
        await window.page.goto(f"{attacker}/frame")
        await window.page.wait_for_load_state("networkidle")
        assert [frame for frame in window.page.frames if "confirming" in await frame.content()] == []
        assert await window.page.frame_locator("iframe").locator("main h1").count() == 0
        for attack in ("/decide", "/decide-with-mark", "/fetch"):
            await window.page.goto(attacker + attack)
            await window.page.wait_for_load_state("networkidle")
    after = await office.agent.call("status", session=session)
    assert (after["state"], after["revision"]) == (before["state"], before["revision"])
    await window.page.goto(review)
    assert SIGN_IN not in window.page.url  # and its person is signed in still


@contextmanager
def elsewhere(review: str, fields: dict[str, str]) -> Generator[str]:
    """Serve the pages of an attacker, who even knows the mark of the person's forms."""
    arguments = '{"rationale":"x"}'

    def form(**more: str) -> str:
        inputs = "".join(f"<input type=hidden name={name} value='{value}'>" for name, value in more.items())
        sends = "<script>document.forms[0].submit()</script>"
        return f"<form method=post action='{review}/decisions'>{inputs}</form>{sends}"

    marked = {name: value for name, value in fields.items() if name != "forgery"}
    pages = {
        "/frame": f"<iframe src='{review}' width=800 height=600></iframe>",
        "/decide": form(event="confirm", arguments=arguments, **marked),
        "/decide-with-mark": form(event="confirm", arguments=arguments, **fields),
        "/fetch": f"<script>fetch('{review}/decisions', {{method: 'POST', credentials: 'include', mode: 'no-cors',"
        "headers: {'content-type': 'application/x-www-form-urlencoded'}, body: 'event=confirm'})</script>",
    }

    class Attacker(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name it overrides
            body = pages.get(self.path, "").encode()
            self.answer(200 if body else 404, body, kind="text/html")

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Attacker)) as server:
        yield f"http://localhost:{server.server_address[1]}"

"""Sessions in the console: the list and the search of it, the page of one, its news, and driving it by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Actor
from pointsman.server.bounds import HTTP_STOP_MS
from pointsman.server.documents import waiting
from pointsman.server.identity import new_handle
from pointsman.server.replies import Caller, Reply
from pointsman.server.store.reading import read_session
from tests.server.console.opened import AGENT, Browser, Console, Page, opened

BOSS = Caller(Actor("human", "boss", ("boss",)), None, "api")


async def decide(console: Console, session: str, event: str, **arguments: str | int) -> None:
    """Decide a review, beside the console."""
    engine = console.app.governor.engine
    found = await engine.reading(read_session, session)
    assert found is not None
    served = await console.app.governor.found(BOSS, session, "review")
    assert isinstance(served, tuple)
    shown = await engine.searching(waiting.document, found, served[0].workflow, None, 0)
    assert isinstance(shown, dict)
    digest = str(shown["shown_digest"])
    reply = await console.app.governor.decide(
        BOSS, session, Decide(event, {"rationale": "So be it.", **arguments}, digest, found.stay.number)
    )
    assert isinstance(reply, Reply)
    assert reply.refusal is None


async def forgery(browser: Browser) -> str:
    return (await browser.page("/console/reviews")).forms["/console/sign-out"]["forgery"]


async def test_sessions_are_listed_to_those_who_may_see_them_the_newest_first(console: Console) -> None:
    newer = await console.start()
    async with console.browser("boss") as boss, console.browser("reader") as reader:
        links = (await boss.page("/console/sessions")).links
        mine, older = f"/console/sessions/{newer}", f"/console/sessions/{console.session}"
        assert links.index(mine) < links.index(older)
        page = await reader.page("/console/sessions")
        assert mine not in page.links
        assert "no session that you may see" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("workflow=purchase&state=awaiting_boss&waiting=human&ended=no&started=within-day", True),
        ("state=awaiting+boss", True),
        ("search=inkwell", True),
        ("search=maria", True),
        ("search=nobody", False),
        ("ended=yes", False),
        ("failed=yes", False),
        ("waiting=agent", False),
        ("started=before-week", False),
        ("workflow=payroll", False),
    ],
)
async def test_a_list_has_what_is_chosen_and_its_address_says_so(console: Console, query: str, found: bool) -> None:
    session = await console.start(item="inkwell, blue")
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/sessions?{query}")
    assert (f"/console/sessions/{session}" in page.links) is found
    form = page.forms["/console/sessions"]
    assert all(form[name] for name in dict(one.split("=") for one in query.split("&")) if name != "workflow" or found)


async def test_a_session_is_found_by_the_start_of_its_handle(console: Console) -> None:
    session = await console.start()
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/sessions?search={session[:10]}")
    assert [one for one in page.links if one.startswith("/console/sessions/")] == [f"/console/sessions/{session}"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("waiting=godot", "waiting is one of agent"),
        ("started=yesterday", "started is one of"),
        ("ended=maybe", "ended is one of"),
        ("failed=%3Cb%3E", "failed is one of"),
        (f"search={'x' * 201}", "search is longer than 200"),
        ("cursor=nonsense", "no cursor"),
    ],
)
async def test_what_cannot_be_chosen_is_said_with_the_form_as_it_was(console: Console, query: str, said: str) -> None:
    async with console.browser("boss") as browser:
        answer = await browser.get(f"/console/sessions?state=awaiting_boss&{query}")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert said in page.text
    assert page.forms["/console/sessions"]["state"] == "awaiting_boss"


async def test_a_list_goes_on_with_what_was_chosen(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.console.sessions._ITEMS", 2)
    made = {await console.start(item="quill") for _ in range(5)}
    seen: list[str] = []
    async with console.browser("boss") as browser:
        path: str | None = "/console/sessions?search=quill"
        while path is not None:
            page = await browser.page(path)
            seen += [one.rpartition("/")[2] for one in page.links if one.startswith("/console/sessions/")]
            path = next((one for one in page.links if "cursor=" in one), None)
            assert path is None or "search=quill" in path
    assert len(seen) == len(made)
    assert set(seen) == made


async def test_the_page_of_a_session_says_where_it_is_and_where_its_values_come_from(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/sessions/{console.session}")
    for said in ("awaiting boss", "a person with the role boss", console.session, "by maria", "claude-code"):
        assert said in page.text
    assert "Inferred: sent with submit by scout in drafting" in " ".join(page.text.split())
    assert f"/console/reviews/{console.session}" in page.links
    (note,) = [row for row in await console.rows(console.session) if row["kind"] == "accepted"]
    assert f"/console/audit/{console.session}/{note['revision']}" in page.links
    assert "nobody has decided in time, and it goes to dropped" in page.text
    assert ("g", "pm-here") in {(tag, named.get("id")) for tag, named in page.tags}


async def test_what_a_person_edited_is_shown_with_what_was_there_before(console: Console) -> None:
    session = await console.start()
    await decide(console, session, "approve", amount=2)
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/sessions/{session}?decided=approve")
        writes = [row for row in await console.rows(session) if row["kind"] == "intended"]
    text = " ".join(page.text.split())
    assert "A person edited it; it was 3 by maria" in text or "A person edited it; it was 3 by scout" in text
    assert "Decided: approve" in text
    assert f"/console/effects/{session}.{writes[0]['revision']}" in page.links
    assert "success" in text


@pytest.mark.parametrize("decided", ["nonsense", "%3Cscript%3E", "submit"])
async def test_a_page_says_no_decision_that_there_is_none_of(console: Console, decided: str) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/sessions/{console.session}?decided={decided}")
    assert "Decided:" not in page.text


async def test_a_session_that_one_may_not_see_is_answered_like_none(console: Console) -> None:
    async with console.browser("reader") as browser:
        for part in ("", "/diagram", "/live", "/cancel", "/restart"):
            hidden = await browser.get(f"/console/sessions/{console.session}{part}")
            nothing = await browser.get(f"/console/sessions/{new_handle()}{part}")
            assert (hidden.status_code, nothing.status_code) == (404, 404)
            assert hidden.text == nothing.text
        fields = {"forgery": await forgery(browser), "reason": "x", "state": "drafting"}
        for part in ("cancel", "restart"):
            answer = await browser.send(f"/console/sessions/{console.session}/{part}", fields)
            assert answer.status_code == 404


async def test_a_long_history_is_told_in_pages(console: Console) -> None:
    started = await console.app.governor.start(AGENT, "purchase", {"item": "pen", "amount": 3})
    assert isinstance(started, Reply)
    for _ in range(120):
        await console.app.governor.act(AGENT, started.session, "nothing", {})
    total = len(await console.rows(started.session))
    path = f"/console/sessions/{started.session}"
    async with console.browser("maria") as maria:
        last = await maria.page(path)
        assert f"rows {total - 49} to {total} of {total}" in last.text
        (earlier,) = [one for one in last.links if "after=" in one]
        middle = await maria.page(earlier.partition("#")[0])
        assert f"rows {total - 99} to {total - 50} of {total}" in middle.text
        assert len([one for one in middle.links if "after=" in one]) == 2
        beyond = await maria.page(f"{path}?after=999999")
        assert "no row after this one" in beyond.text
        for bad in ("x", "-1", "1" * 16, "\u0661"):
            assert (await maria.get(f"{path}?after={bad}")).status_code == 422


async def test_what_an_agent_wrote_is_escaped_on_the_page_of_a_session(console: Console) -> None:
    session = await console.start(note="<script>alert(1)</script>\u202e", item="<img src=x onerror=y>")
    async with console.browser("boss") as browser:
        pages = [await browser.page(f"/console/{one}") for one in (f"sessions/{session}", f"reviews/{session}")]
    for page in pages:
        sources = [named.get("src") or "" for tag, named in page.tags if tag in ("script", "img")]
        assert [one for one in sources if not one.startswith("/console/static/")] == []
        assert "<script>alert(1)</script>" in page.text
        assert "\u202e" not in page.text


async def test_a_review_tells_what_happened_last_and_leads_to_the_session(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/reviews/{console.session}")
    assert "sent submit" in page.text
    assert f"/console/sessions/{console.session}/diagram" in page.links


async def test_whoever_may_drive_a_session_cancels_it_with_a_reason(console: Console) -> None:
    session = await console.start()
    path = f"/console/sessions/{session}"
    async with console.browser("maria") as maria, console.browser("boss") as boss:
        assert f"{path}/cancel" in (await maria.page(path)).links
        assert f"{path}/cancel" not in (await boss.page(path)).links
        assert (await boss.get(f"{path}/cancel")).status_code == 403
        fields = {"forgery": await forgery(boss), "reason": "x"}
        assert (await boss.send(f"{path}/cancel", fields)).status_code == 403
        form = (await maria.page(f"{path}/cancel")).forms[f"{path}/cancel"]
        for reason in ("", " ", "x" * 4001):
            answer = await maria.send(f"{path}/cancel", {**form, "reason": reason})
            assert answer.status_code == 422
        done = await maria.send(f"{path}/cancel", {**form, "reason": "Not needed."})
        assert done.headers["location"] == f"{path}?done=cancelled"
        assert "was cancelled" in (await maria.page(done.headers["location"])).text
        again = await maria.send(f"{path}/cancel", {**form, "reason": "Not needed."})
        assert again.status_code == 409
    (row,) = [row for row in await console.rows(session) if row["kind"] == "admin"]
    assert (row["actor_id"], row["channel"], row["outcome"]) == ("maria", "console", "done")


async def test_a_session_is_restarted_only_where_the_person_may(console: Console) -> None:
    """Maria is excluded from the decision, so nothing that comes after it is offered to her."""
    session = await console.start()
    path = f"/console/sessions/{session}"
    async with console.browser("maria") as maria:
        page = await maria.page(f"{path}/restart")
        options = [named.get("value") for tag, named in page.tags if tag == "option"]
        assert options == ["", "drafting", "awaiting_boss"]
        form = page.forms[f"{path}/restart"]
        assert (await maria.send(f"{path}/restart", {**form, "reason": "x"})).status_code == 422
        past = await maria.send(f"{path}/restart", {**form, "reason": "x", "state": "ordering"})
        assert past.status_code == 409
        assert "may not take alone" in Page(past.text).text
        done = await maria.send(f"{path}/restart", {**form, "reason": "Once more.", "state": "drafting"})
        assert done.headers["location"] == f"{path}?done=restarted"
    now = await console.app.governor.engine.read(session)
    assert now is not None
    assert now.state == "drafting"


@asynccontextmanager
async def followed(browser: Browser, path: str) -> AsyncGenerator[httpx2.Response]:
    """Follow a session, as its page does."""
    async with asyncio.timeout(20), browser.http.stream("GET", path) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        yield stream


async def told(stream: httpx2.Response, event: str) -> JsonObject:
    """Wait until something is told."""
    name = ""
    async for line in stream.aiter_lines():
        name = line.removeprefix("event: ") if line.startswith("event: ") else name
        if line.startswith("data:") and name == event:
            return {"data": line.removeprefix("data:").strip()}
    raise AssertionError(event)


async def test_a_page_learns_of_every_change_and_of_those_it_has_missed(console: Console) -> None:
    session = await console.start()
    now = await console.app.governor.engine.read(session)
    assert now is not None
    path = f"/console/sessions/{session}/live?after={now.revision}"
    async with console.browser("boss") as browser, followed(browser, path) as stream:
        await decide(console, session, "reject")
        assert int(str((await told(stream, "changed"))["data"])) > now.revision
    async with console.browser("boss") as browser, followed(browser, path) as late:
        assert int(str((await told(late, "changed"))["data"])) > now.revision


async def test_news_end_when_the_sign_in_does(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.console.live.TOKEN_AGAIN_MS", 20)
    async with console.browser("boss") as browser:
        async with followed(browser, f"/console/sessions/{console.session}/live") as stream:
            fields = {"forgery": await forgery(browser)}
            assert (await browser.send("/console/sign-out", fields)).status_code == 303
            await told(stream, "over")
        assert (await browser.http.head(f"/console/sessions/{console.session}/live")).status_code == 303


async def test_more_news_than_one_person_may_wait_for_are_refused_in_words(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.http.connections.HTTP_NEWS_OF_ONE", 1)
    path = f"/console/sessions/{console.session}/live"
    async with console.browser("boss") as browser, followed(browser, path):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "Too many pages" in answer.text
        assert (await browser.http.head(path)).status_code == 200


async def test_news_do_not_hold_up_a_server_that_stops(tmp_path: Path) -> None:
    async with (
        opened(tmp_path) as office,
        office.browser("boss") as browser,
        followed(browser, f"/console/sessions/{office.session}/live?after=0") as stream,
    ):
        await told(stream, "changed")
        office.stop.set()
        async with asyncio.timeout(HTTP_STOP_MS / 2_000):
            await office.stopped.wait()
        assert office.stopped.is_set()

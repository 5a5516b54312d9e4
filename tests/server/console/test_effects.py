"""Writes in the console: those in doubt are listed, shown with all that is known, and settled in two steps."""

from __future__ import annotations

import json

import pytest

from tests.server.console.opened import Browser, Console, Page
from tests.server.console.test_reviewing import drafted

KNOWN = "I called them."


async def in_doubt(console: Console, monkeypatch: pytest.MonkeyPatch, item: str = "pen") -> str:
    """Have a write made that breaks off, and give its name."""
    session = await console.start(item=item)
    with monkeypatch.context() as patched:
        patched.setenv("SHOP_TAKES_S", "as long as it wants")
        async with console.browser("boss") as browser:
            path = f"/console/reviews/{session}/decisions"
            page = Page((await drafted(browser, session, "approve", rationale="Yes.")).text)
            await browser.send(path, page.forms[path])
    (row,) = [row for row in await console.rows(session) if row["kind"] == "intended"]
    return f"{session}.{row['revision']}"


async def settlement(browser: Browser, name: str, outcome: str, **fields: str) -> Page:
    """Go as far as the page that shows what settling would do."""
    path = f"/console/effects/{name}"
    form = (await browser.page(path)).forms[f"{path}/draft"]
    answer = await browser.send(f"{path}/draft", {**form, "outcome": outcome, "reason": KNOWN, **fields})
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


async def test_a_write_in_doubt_is_listed_and_shown_with_what_is_known(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await in_doubt(console, monkeypatch)
    session, _, number = name.partition(".")
    async with console.browser("boss") as browser, console.browser("reader") as reader:
        assert f"/console/effects/{name}" in (await browser.page("/console/effects")).links
        assert f"/console/effects/{name}" in (await browser.page("/console/effects?status=unknown")).links
        assert f"/console/effects/{name}" not in (await browser.page("/console/effects?status=intended")).links
        page = await browser.page(f"/console/effects/{name}")
        assert "it is known how it ended" in (await reader.page("/console/effects")).text
        hidden, nothing = await reader.get(f"/console/effects/{name}"), await reader.get("/console/effects/none.1")
        assert (hidden.status_code, hidden.text) == (404, nothing.text)
    for said in ("Nobody knows whether this happened", "pen", "began shop.order", "failed with ValueError", "pm-"):
        assert said in page.text
    assert f"/console/audit/{session}/{number}" in page.links


async def test_it_is_settled_in_two_steps_and_by_the_second_alone(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await in_doubt(console, monkeypatch)
    session = name.partition(".")[0]
    path = f"/console/effects/{name}/settlement"
    async with console.browser("boss") as browser:
        page = await settlement(browser, name, "done", result='{"order": 7}')
        assert "never makes it again" in page.text
        assert KNOWN in page.text
        before = await console.rows(session)
        assert [row for row in before if row["kind"] == "admin"] == []
        answer = await browser.send(path, page.forms[path])
        assert answer.headers["location"] == f"/console/effects/{name}?settled=done"
        after = await browser.page(answer.headers["location"])
        assert "Settled. The session stays where it is" in after.text
        assert f"/console/effects/{name}/draft" not in after.forms
        again = await browser.send(path, page.forms[path])
    assert again.status_code == 409
    assert "Nothing was settled." in again.text
    (row,) = [row for row in await console.rows(session) if row["kind"] == "admin"]
    assert (row["actor_id"], row["channel"], row["outcome"]) == ("boss", "console", "done")
    body = row["body"]
    assert isinstance(body, dict)
    assert (body["reason"], body["result"]) == (KNOWN, {"order": 7})


async def test_one_that_did_not_happen_counts_as_failed(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await in_doubt(console, monkeypatch)
    path = f"/console/effects/{name}/settlement"
    async with console.browser("boss") as browser:
        page = await settlement(browser, name, "failed")
        assert "is made again when it is asked for" in page.text
        await browser.send(path, page.forms[path])
        assert "This did not happen" in (await browser.page(f"/console/effects/{name}")).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "say how you know"),
        ({"reason": "x" * 4001}, "at most 4000 characters"),
        ({"result": "{"}, "write it as JSON"),
        ({"result": "1", "outcome": "failed"}, "what has not happened gave nothing"),
        ({"outcome": "perhaps"}, "done"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(
    console: Console, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], said: str
) -> None:
    name = await in_doubt(console, monkeypatch)
    path = f"/console/effects/{name}"
    async with console.browser("boss") as browser:
        form = (await browser.page(path)).forms[f"{path}/draft"]
        written = {**form, "outcome": "done", "reason": KNOWN, **fields}
        for step in ("draft", "settlement"):
            answer = await browser.send(f"{path}/{step}", written)
            assert answer.status_code == 422
            page = Page(answer.text)
            assert said in page.text
            assert page.forms[f"{path}/draft"]["reason"].strip() == written["reason"]
            assert page.forms[f"{path}/draft"]["result"].strip() == written["result"].strip()


async def test_going_back_keeps_what_was_written(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await in_doubt(console, monkeypatch)
    path = f"/console/effects/{name}"
    async with console.browser("boss") as browser:
        page = await settlement(browser, name, "done", result="[1]")
        answer = await browser.send(f"{path}/draft", {**page.forms[f"{path}/settlement"], "change": "1"})
    form = Page(answer.text).forms[f"{path}/draft"]
    assert (form["reason"].strip(), form["result"].strip()) == (KNOWN, "[1]")


async def test_a_form_of_another_page_settles_nothing(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser says where a form comes from; a form of another site settles nothing."""
    name = await in_doubt(console, monkeypatch)
    path = f"/console/effects/{name}/settlement"
    async with console.browser("boss") as browser:
        page = await settlement(browser, name, "done")
        assert (await browser.send(path, page.forms[path], sec_fetch_site="cross-site")).status_code == 403
        assert (await browser.send(path, {**page.forms[path], "forgery": "x"})).status_code == 403
        assert "Nobody knows" in (await browser.page(f"/console/effects/{name}")).text


async def test_who_may_not_see_a_session_settles_nothing_of_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await in_doubt(console, monkeypatch)
    path = f"/console/effects/{name}"
    async with console.browser("boss") as boss, console.browser("reader") as reader:
        page = await settlement(boss, name, "done")
        mark = (await reader.page("/console/effects")).forms["/console/sign-out"]["forgery"]
        for step in ("draft", "settlement"):
            answer = await reader.send(f"{path}/{step}", {**page.forms[f"{path}/settlement"], "forgery": mark})
            assert answer.status_code == 404
        assert "Nobody knows" in (await boss.page(path)).text


async def test_a_list_that_cannot_be_says_why(console: Console) -> None:
    async with console.browser("boss") as browser:
        for search, said in (
            ("status=done", "say which"),
            ("session=nothing", "There is no session"),
            ("cursor=odd", "this is no cursor"),
        ):
            answer = await browser.get(f"/console/effects?{search}")
            assert answer.status_code == 422
            assert said in Page(answer.text).text
        assert "No write is like that" in (await browser.page(f"/console/effects?session={console.session}")).text


async def test_what_was_asked_is_escaped_and_shown_whole(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    item = "<img src=x onerror=alert(1)>\u202e"
    name = await in_doubt(console, monkeypatch, item)
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/effects/{name}")
        confirming = await settlement(browser, name, "done", result=json.dumps(item))
    for one in (page, confirming):
        assert "<img src=x onerror=alert(1)>" in one.text
        assert "\u202e" not in one.text
        images = [named.get("src") or "" for tag, named in one.tags if tag == "img"]
        assert all(source.startswith("/console/static/") for source in images)

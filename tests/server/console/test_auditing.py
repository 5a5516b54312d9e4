"""The audit in the console: searched, row by row with its proof, taken away, and verified in plain words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing

import pytest

from pointsman.server.console import auditing
from tests.server.console.opened import Console, Page, opened

HOSTILE = "<script>alert(1)</script>\u202e p\u0430ypal"


@pytest.fixture
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Console]:
    """A console whose database is tampered with."""
    async with opened(tmp_path_factory.mktemp("tampered")) as found:
        yield found


def tamper(console: Console, statement: str, *values: str | int) -> None:
    """Change the database behind the server's back."""
    with closing(sqlite3.connect(console.database)) as connection, connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        connection.execute(statement, values)


async def test_rows_are_told_in_words_newest_first_with_time_channel_and_who(console: Console) -> None:
    session = await console.start()
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/audit?session={session}")
    assert page.text.index("the session is in awaiting boss") < page.text.index("started the session")
    assert "scout" in page.text
    assert "mcp" in page.text
    assert f"/console/audit/{session}/1" in page.links
    assert f"/console/audit/{session}/download" in page.links
    assert page.forms["/console/audit/verification"] == {"session": session}


async def test_rows_are_searched_by_everything_that_is_said(console: Console) -> None:
    async with console.browser("boss") as browser:
        for search, found in (
            ("kind=accepted", "sent submit"),
            ("actor=scout&action=submit", "sent submit"),
            ("since=2020-01-01T00:00", "started the session"),
            ("until=2020-01-01", "No row that you may see is like that"),
            ("code=NOT_ALLOWED", "No row that you may see is like that"),
            ("session=nothing", "No row that you may see is like that"),
        ):
            assert found in (await browser.page(f"/console/audit?{search}")).text
        page = await browser.page("/console/audit?kind=accepted&since=2020-01-01")
    assert page.forms["/console/audit"]["kind"] == "accepted"
    assert page.forms["/console/audit"]["since"] == "2020-01-01T00:00"


@pytest.mark.parametrize("search", ["kind=odd", "code=ODD", "since=tomorrow", "until=2026-13-01", f"actor={'x' * 201}"])
async def test_a_search_that_cannot_be_read_says_what_is_wrong(console: Console, search: str) -> None:
    async with console.browser("boss") as browser:
        answer = await browser.get(f"/console/audit?{search}")
        assert answer.status_code == 422
        assert "Nothing was searched for" in answer.text
        assert (await browser.get("/console/audit?cursor=odd")).status_code == 422


async def test_a_page_that_is_empty_but_goes_on_says_how_far_it_has_looked(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.store.searching.ROWS_LOOKED_AT", 2)
    await console.start()
    async with console.browser("boss") as browser:
        page = await browser.page("/console/audit?kind=started")
        assert "Nothing is like that back to" in page.text
        (further,) = [one for one in page.links if "cursor=" in one]
        assert "kind=started" in further
        for _ in range(10):
            if "started the session" in page.text:
                break
            page = await browser.page(next(one for one in page.links if "cursor=" in one))
        assert "started the session" in page.text


async def test_a_row_has_a_lasting_address_with_all_there_is_of_it(console: Console) -> None:
    session = await console.start()
    rows = await console.rows(session)
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/audit/{session}/2")
        assert "This row verifies" in page.text
        for name, value in rows[1].items():
            assert name in page.text
            assert value is None or isinstance(value, dict) or str(value) in page.text
        assert {f"/console/audit/{session}/1", f"/console/audit/{session}/3"} <= {*page.links}
        first, last = (
            await browser.page(f"/console/audit/{session}/1"),
            await browser.page(f"/console/audit/{session}/{len(rows)}"),
        )
    assert f"/console/audit/{session}/0" not in first.links
    assert f"/console/audit/{session}/{len(rows) + 1}" not in last.links


@pytest.mark.parametrize("revision", ["0", "999", "x", "-1", "1e3", "9" * 30])
async def test_a_row_that_is_not_there_is_said_to_be_none(console: Console, revision: str) -> None:
    async with console.browser("boss") as browser:
        assert (await browser.get(f"/console/audit/{console.session}/{revision}")).status_code == 404


PATHS = ("/console/audit/{}/1", "/console/audit/{}/download", "/console/audit/verification?session={}")


@pytest.mark.parametrize("path", PATHS)
async def test_a_history_that_is_not_ones_own_is_answered_like_none(console: Console, path: str) -> None:
    async with console.browser("reader") as reader:
        hidden, nothing = await reader.get(path.format(console.session)), await reader.get(path.format("a" * 26))
        assert (hidden.status_code, hidden.text) == (404, nothing.text)
        assert "Nothing has happened yet" in (await reader.page("/console/audit")).text


@pytest.mark.parametrize("path", [*PATHS, "/console/audit?session={}"])
async def test_calls_that_belong_to_no_session_are_for_auditors(console: Console, path: str) -> None:
    async with console.browser("boss") as boss, console.browser("audrey") as audrey:
        assert (await boss.get(path.format("nothing"))).status_code in (200, 404)  # leaves a row
        assert (await boss.get(path.format("server"))).status_code == 404
        assert (await audrey.get(path.format("server"))).status_code == 200
        assert "/console/audit?session=server" in (await audrey.page("/console/audit")).links
        assert "/console/audit?session=server" not in (await boss.page("/console/audit")).links


async def test_a_history_is_taken_away_whole_line_by_line(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "LISTED_ROWS", 2)  # several pages make one file
    session = await console.start(note=HOSTILE)
    async with console.browser("boss") as browser:
        answer = await browser.get(f"/console/audit/{session}/download")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == f'attachment; filename="audit-{session}.jsonl"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.isascii()
    assert [json.loads(line) for line in answer.text.splitlines()] == await console.rows(session)


async def test_a_verification_says_what_was_looked_at_and_that_nothing_was_changed(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/audit/verification?session={console.session}")
        assert "It verifies" in page.text
        assert "rows in 1 history verified" in page.text
        before = await browser.page("/console/audit/verification")
        assert "Verify everything" not in before.text
        mark = {"forgery": before.forms["/console/sign-out"]["forgery"]}
        assert (await browser.send("/console/audit/verification", mark)).status_code == 404
    async with console.browser("audrey") as auditor:
        page = await auditor.page("/console/audit/verification")
        assert "take about a minute" in page.text
        everything = await auditor.send("/console/audit/verification", page.forms["/console/audit/verification"])
    assert "It verifies" in everything.text


async def test_everything_is_verified_by_a_form_of_the_console_alone(console: Console) -> None:
    async with console.browser("audrey") as auditor:
        page = await auditor.page("/console/audit/verification?everything=yes")
        assert "Verify everything" in page.text
        assert "It verifies" not in page.text
        fields = page.forms["/console/audit/verification"]
        for unmarked in ({"everything": "yes"}, {**fields, "forgery": "x"}):
            assert (await auditor.send("/console/audit/verification", unmarked)).status_code == 403
        answer = await auditor.send("/console/audit/verification", fields, sec_fetch_site="cross-site")
        assert answer.status_code == 403


async def test_a_changed_row_is_named_with_what_it_means_and_what_to_do(own: Console) -> None:
    session = own.session
    tamper(own, "update audit set actor_id = 'mallory' where session_id = ? and revision = 3", session)
    async with own.browser("boss") as browser:
        page = await browser.page(f"/console/audit/verification?session={session}")
        for said in (
            "This does not verify",
            "From row 3 on:",
            "its columns were changed",
            "What it means",
            "What to do",
        ):
            assert said in page.text
        assert f"/console/audit/{session}/3" in page.links
        row = await browser.page(f"/console/audit/{session}/3")
        assert "does not verify: its columns were changed" in row.text
        assert "This row verifies" in (await browser.page(f"/console/audit/{session}/2")).text


async def test_a_row_that_holds_anything_is_shown_as_it_lies(own: Console) -> None:
    """Whatever was done to the file, whoever looks is shown it, and it does nothing."""
    session = own.session
    for column, value in (("body", "x'fffe'"), ("actor_id", "x'3c623e'"), ("client", "cast(x'ff3c' as text)")):
        tamper(own, f"update audit set {column} = {value} where session_id = ? and revision = 2", session)
        async with own.browser("boss") as browser:
            answer = await browser.get(f"/console/audit/{session}/2")
        assert answer.status_code == 200, answer.text
        assert "This row does not verify" in Page(answer.text).text


async def test_the_row_after_one_that_is_gone_does_not_verify(own: Console) -> None:
    tamper(own, "delete from audit where session_id = ? and revision = 2", own.session)
    async with own.browser("boss") as browser:
        assert "does not verify: prev" in (await browser.page(f"/console/audit/{own.session}/3")).text


async def test_what_others_wrote_into_a_row_does_nothing(console: Console) -> None:
    session = await console.start(note=HOSTILE)
    async with console.browser("boss") as browser:
        for path in (f"/console/audit?session={session}", f"/console/audit/{session}/3"):
            answer = await browser.get(path)
            page = Page(answer.text)
            scripts = [named.get("src") or "" for tag, named in page.tags if tag == "script"]
            assert all(one.startswith("/console/static/") for one in scripts)
            assert "\u202e" not in page.text

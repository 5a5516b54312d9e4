"""Who comes into the console, and what is taken for a form of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import time_ns

import httpx2
import pytest

from pointsman.fsm.session import Actor
from pointsman.server.bounds import SIGN_INS_OF_ONE
from pointsman.server.command_line.database import writing_database
from pointsman.server.console import auditing
from pointsman.server.console.doors import inside
from pointsman.server.console.pages import POLICY
from pointsman.server.console.sign_ins import SignedIn, SignIns
from pointsman.server.replies import Caller
from pointsman.server.store.principals import Principal, add_principal, hash_token, revoke_principal
from tests.server.console.opened import Console, Page

OLD_TOKEN = "token-temp"


@pytest.mark.parametrize("person", ["robot", "till", "nobody"])
async def test_only_a_persons_token_signs_in(console: Console, person: str) -> None:
    """Design, section 7: no credential of kind agent decides, on any route."""
    async with console.browser() as browser:
        answer = await browser.sign_in(person)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert (await browser.get("/console/reviews")).status_code == 303
    assert await console.is_written("server", "authenticate")


async def test_a_cookie_is_kept_from_scripts_and_from_other_sites(console: Console) -> None:
    async with console.browser() as browser:
        said = (await browser.sign_in("boss")).headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "path=/" in said


async def test_a_token_in_a_header_opens_nothing(console: Console) -> None:
    """The channel `console` stands for a person before a browser."""
    async with console.browser() as browser:
        bearer = "Bearer token-boss"
        assert (await browser.get("/console/reviews", authorization=bearer)).status_code == 303
        path = f"/console/reviews/{console.session}/decisions"
        assert (await browser.send(path, {"event": "approve"}, authorization=bearer)).status_code == 403


async def test_a_page_says_what_it_may_do(console: Console) -> None:
    async with console.browser("boss") as browser:
        headers = (await browser.get("/console/reviews")).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    "forged",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=str,
)
async def test_a_form_of_another_page_does_nothing(console: Console, forged: dict[str, str]) -> None:
    """The browser says where a form comes from; a form of another site decides nothing."""
    async with console.browser("boss") as browser:
        page = await browser.page(f"/console/reviews/{console.session}")
        path = f"/console/reviews/{console.session}/draft"
        answer = await browser.send(path, {**page.forms[path], "event": "reject"}, **forged)
    assert answer.status_code == 403


@pytest.mark.parametrize("says", [{}, {"origin": True}, {"sec-fetch-site": True}], ids=["neither", "origin", "site"])
async def test_a_browser_must_say_that_a_form_comes_from_here(console: Console, says: dict[str, bool]) -> None:
    """The form of the entrance too, which has no mark."""
    here = {"origin": console.url, "sec-fetch-site": "same-origin"}
    headers = {name: here[name] for name in says}
    async with console.browser() as browser:
        entrance = {"token": "token-boss", "next": "/console"}
        answer = await browser.http.post("/console/sign-in", data=entrance, headers=headers)
        assert answer.status_code == (303 if says else 403)
        assert ("set-cookie" in answer.headers) is bool(says)
    async with console.browser("boss") as browser:
        fields = (await browser.page("/console/reviews")).forms["/console/sign-out"]
        answer = await browser.http.post("/console/sign-out", data=fields, headers=headers)
        assert answer.status_code == (303 if says else 403)


async def test_a_form_without_its_persons_mark_does_nothing(console: Console) -> None:
    async with console.browser("boss") as browser, console.browser("maria") as other:
        path = f"/console/reviews/{console.session}/draft"
        page = await browser.page(f"/console/reviews/{console.session}")
        theirs = (await other.page("/console/reviews")).forms["/console/sign-out"]["forgery"]
        for mark in ("", "x", theirs):
            fields = {**page.forms[path], "event": "reject", "forgery": mark}
            assert (await browser.send(path, fields)).status_code == 403


@pytest.mark.parametrize("body", [b"%", b"a&b", b"\xff=1", b"a=%ff"])
async def test_what_is_no_form_is_refused(console: Console, body: bytes) -> None:
    async with console.browser("boss") as browser:
        typed = {"content-type": "application/x-www-form-urlencoded", "origin": console.url}
        answer = await browser.http.post("/console/sign-out", content=body, headers=typed)
        assert answer.status_code == 400
        typed["content-type"] = "application/json"
        assert (await browser.http.post("/console/sign-out", content=b"{}", headers=typed)).status_code == 415


async def test_signing_out_ends_it_in_every_copy_of_the_cookie(console: Console) -> None:
    async with console.browser("boss") as browser, console.browser() as thief:
        thief.http.cookies.update(dict(browser.http.cookies))
        assert (await thief.get("/console/reviews")).status_code == 200
        page = await browser.page("/console/reviews")
        assert (await browser.send("/console/sign-out", page.forms["/console/sign-out"])).status_code == 303
        assert (await thief.get("/console/reviews")).status_code == 303


async def test_a_token_that_is_revoked_signs_its_person_out(console: Console) -> None:
    now_ms = time_ns() // 1_000_000
    with writing_database(console.database, create=False) as connection:
        add_principal(connection, Principal("temp", "human", ("boss",), hash_token(OLD_TOKEN), None, now_ms))
    async with console.browser("temp") as browser:
        assert (await browser.get("/console/reviews")).status_code == 200
        with writing_database(console.database, create=False) as connection:
            revoke_principal(connection, "temp", now_ms)
        assert (await browser.get("/console/reviews")).status_code == 303


async def test_a_link_in_a_message_is_followed_by_a_page_of_ours(console: Console) -> None:
    """A cookie that is kept from other sites does not come with such a link; the next step brings it."""
    path = f"/console/reviews/{console.session}"
    async with console.browser("boss") as signed_in, console.browser() as browser:
        answer = await browser.get(path, sec_fetch_site="cross-site")
        assert f'http-equiv="refresh" content="0; url={path}"' in answer.text
        assert (
            (await browser.get(path, sec_fetch_site="same-origin")).headers["location"].startswith("/console/sign-in")
        )
        before = await console.app.governor.engine.read(console.session)
        assert (await signed_in.get(path)).status_code == 200
        assert await console.app.governor.engine.read(console.session) == before


ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/console//evil.example",
    "/console/\\evil",
    "/mcp",
    "/console@evil.example",
    "javascript:x",
)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
async def test_nobody_is_led_elsewhere(console: Console, elsewhere: str) -> None:
    assert inside(elsewhere) == "/console"
    async with console.browser() as browser:
        answer = await browser.send("/console/sign-in", {"token": "token-boss", "next": elsewhere})
    assert answer.headers["location"] == "/console"


async def test_what_is_not_there_is_said_on_a_page(console: Console) -> None:
    async with console.browser("boss") as browser:
        answer = await browser.get("/console/nowhere")
        assert answer.status_code == 404
        assert "Not found" in Page(answer.text).text


async def test_files_are_kept_by_browsers_for_as_long_as_they_are_the_same(console: Console) -> None:
    async with console.browser() as browser:
        page = Page((await browser.get("/console/sign-in")).text)
        styles = next(
            named["href"] for tag, named in page.tags if tag == "link" and "console.css" in str(named["href"])
        )
        assert styles is not None
        answer = await browser.get(styles)
        assert "immutable" in answer.headers["cache-control"]
        assert (await browser.get(styles, if_none_match=answer.headers["etag"])).status_code == 304
        assert (await browser.get("/console/static/nothing.css")).status_code == 404
        assert (await browser.get("/console/static/..%2fpages.py")).status_code == 404


async def test_a_person_has_so_many_sign_ins_and_the_oldest_ends_first(console: Console) -> None:
    async with console.browser("chief") as first:
        assert (await first.get("/console/reviews")).status_code == 200
        for _ in range(SIGN_INS_OF_ONE):
            async with console.browser("chief") as last:
                assert (await last.get("/console/reviews")).status_code == 200
        assert (await first.get("/console/reviews")).status_code == 303
    async with console.browser("boss") as other:
        assert (await other.get("/console/reviews")).status_code == 200


async def test_news_of_a_session_end_with_the_token_of_whoever_follows_it(console: Console) -> None:
    now_ms = time_ns() // 1_000_000
    session = await console.start()
    with writing_database(console.database, create=False) as connection:
        add_principal(connection, Principal("brief", "human", ("boss",), hash_token("token-brief"), None, now_ms))
    async with console.browser("brief") as browser:
        live = f"/console/sessions/{session}/live"
        async with browser.http.stream("GET", live) as stream:
            lines = stream.aiter_lines()
            with writing_database(console.database, create=False) as connection:
                revoke_principal(connection, "brief", now_ms)
            await console.app.governor.cancel(Caller(Actor("human", "maria"), None, "cli"), session, "x")
            heard = [line async for line in lines]
    assert "event: over" in heard
    assert not [line for line in heard if "changed" in line]


async def test_a_download_breaks_off_when_its_person_is_signed_in_no_more(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "LISTED_ROWS", 1)
    now_ms = time_ns() // 1_000_000
    with writing_database(console.database, create=False) as connection:
        add_principal(connection, Principal("short", "human", ("boss",), hash_token("token-short"), None, now_ms))
    asked = SignedInNoMore()
    async with console.browser("short") as browser:
        monkeypatch.setattr(SignIns, "of", asked.wrapped(SignIns.of))
        with pytest.raises(httpx2.RemoteProtocolError):
            await browser.get(f"/console/audit/{console.session}/download")
    assert asked.times > 2


class SignedInNoMore:
    """Lets somebody be signed in for the first questions, and then no more."""

    def __init__(self) -> None:
        self.times = 0

    def wrapped(
        self, known: Callable[[SignIns, str], Awaitable[SignedIn | None]]
    ) -> Callable[[SignIns, str], Awaitable[SignedIn | None]]:
        async def of(sign_ins: SignIns, held: str) -> SignedIn | None:
            self.times += 1
            return await known(sign_ins, held) if self.times <= 2 else None

        return of

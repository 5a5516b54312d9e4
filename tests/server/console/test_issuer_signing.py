"""Signing in to the console with an OIDC issuer, over real HTTP, and what is tried against it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from tests.journeys.deployed import Deployed, deployed
from tests.journeys.purchasing import SERVED, offices
from tests.server.console.trusting import trusting
from tests.server.credentials.entrance import CLIENT, SECRET, Entrance, open_entrance
from tests.server.http.served import until

BEGIN: Final = "/console/sign-in/issuer"
CALLBACK: Final = "/console/sign-in/callback"


@dataclass
class Door:
    """A server with an issuer before it, and how many rows its chain `server` had when the test began."""

    server: Deployed
    entrance: Entrance
    before: int

    @asynccontextmanager
    async def browser(self) -> AsyncGenerator[Browser]:
        async with httpx2.AsyncClient(verify=False, timeout=30) as client:
            yield Browser(client, self.server.url)

    async def turned_away(self, *reasons: str) -> list[dict[str, Any]]:
        """Give the rows of those who were turned away, for these reasons. Rows are written when all is answered."""

        def rows() -> list[dict[str, Any]]:
            return [row for row in self.server.rows()[self.before :] if row["action"] == "authenticate"]

        await until(lambda: len(rows()) >= len(reasons))
        found = rows()
        assert [str(json.loads(row["body"]["arguments"])["reason"]) for row in found] == [*reasons]
        return found


@dataclass
class Browser:
    """Keeps cookies, and goes where it is led one step at a time."""

    client: httpx2.AsyncClient
    url: str

    async def get(self, address: str) -> httpx2.Response:
        return await self.client.get(address if address.startswith("http") else self.url + address)

    async def returned(self, wanted: str = "/console/reviews") -> str:
        """Begin, sign in at the issuer, and give the address that it sends the browser back to."""
        begun = await self.client.get(self.url + BEGIN, params={"next": wanted})
        assert begun.status_code == 303, begun.text
        return str((await self.get(begun.headers["location"])).headers["location"])

    async def signed_in(self, wanted: str = "/console/reviews") -> httpx2.Response:
        return await self.get(await self.returned(wanted))

    async def is_in(self) -> bool:
        return (await self.get("/console/reviews")).status_code == 200


def leads_to(answer: httpx2.Response) -> str:
    """Where a page goes by itself."""
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', answer.text)
    assert found is not None, answer.text
    return unescape(found[1])


@pytest.fixture(scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    place = tmp_path_factory.mktemp("offices")
    shell = offices(place)
    async with open_entrance() as entrance:
        trusting(place, entrance, f'client_id = "{CLIENT}"')
        async with deployed(shell, *SERVED) as server:
            await server.ask("GET", "/api/sessions", "pmh_nobody")  # so that there is a first row
            yield Door(server, entrance, 0)


@pytest.fixture
def door(opened: Door) -> Door:
    opened.entrance.claims, opened.entrance.answers = {}, {}
    return replace(opened, before=len(opened.server.rows()))


async def test_a_person_signs_in_with_the_issuer_and_comes_to_where_they_wanted(door: Door) -> None:
    async with door.browser() as browser:
        turned = await browser.get("/console/reviews?role=boss")
        assert turned.headers["location"] == "/console/sign-in?next=%2Fconsole%2Freviews%3Frole%3Dboss"
        page = (await browser.get(turned.headers["location"])).text
        (link,) = re.findall(rf'href="({BEGIN}[^"]*)"', page)
        begun = await browser.get(unescape(link))
        held = begun.headers["set-cookie"]
        assert held.startswith("pointsman-begun=")
        for said in ("HttpOnly", "Path=/console/sign-in;", "SameSite=lax", "Max-Age=600"):
            assert said in held
        back = (await browser.get(begun.headers["location"])).headers["location"]
        answer = await browser.get(back)
        assert answer.status_code == 200
        assert leads_to(answer) == "/console/reviews?role=boss"
        cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}
        assert "HttpOnly" in cookies["pointsman"]
        assert "SameSite=strict" in cookies["pointsman"]
        assert "Max-Age=0" in cookies["pointsman-begun"]
        inbox = await browser.get(leads_to(answer))
        assert inbox.status_code == 200
        assert "oidc:hugo" in inbox.text
        assert "boss" in inbox.text
    await door.turned_away()


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/console//evil.example",
        "/console/../mcp",
        "/consolation",
        "/api/sessions",
        "javascript:alert(1)",
        "/console/reviews\r\nlocation: https://evil.example",
        '/console/"><script>',
        "",
    ],
)
async def test_nobody_is_led_out_of_the_console(door: Door, wanted: str) -> None:
    async with door.browser() as browser:
        answer = await browser.signed_in(wanted)
        assert answer.status_code == 200
        assert re.fullmatch(r"/console(/\.\./mcp)?", leads_to(answer))
        assert httpx2.URL(browser.url).join(leads_to(answer)).host == "127.0.0.1"


async def test_a_browser_that_did_not_begin_is_not_signed_in_by_the_answer_to_another(door: Door) -> None:
    """Login CSRF: the attacker's own answer from the issuer, in the victim's browser."""
    async with door.browser() as attacker, door.browser() as victim:
        answer = await attacker.returned()
        refused = await victim.get(answer)
        assert refused.status_code == 403
        assert "not begun in this browser" in refused.text
        assert not await victim.is_in()
        await victim.returned()  # has begun one of their own
        assert (await victim.get(answer)).status_code == 403
        assert not await victim.is_in()
    await door.turned_away("state", "state")


async def test_an_answer_is_used_once_whatever_the_browser_has_kept(door: Door) -> None:
    async with door.browser() as browser:
        answer = await browser.returned()
        kept = browser.client.cookies["pointsman-begun"]
        assert (await browser.get(answer)).status_code == 200
        assert (await browser.get(answer)).status_code == 403  # the browser has let go of it
        async with door.browser() as other:
            replayed = await other.client.get(answer, headers={"cookie": f"pointsman-begun={kept}"})
            assert replayed.status_code == 403
            assert not await other.is_in()
    await door.turned_away("state", "state")


async def test_what_a_browser_holds_leads_nowhere_else_whoever_has_changed_it(door: Door) -> None:
    async with door.browser() as browser:
        answer = await browser.returned()
        secret = browser.client.cookies["pointsman-begun"].partition(".")[0]
        held = f"pointsman-begun={secret}.https%3A%2F%2Fevil.example"
        async with door.browser() as other:
            assert leads_to(await other.client.get(answer, headers={"cookie": held})) == "/console"


@pytest.mark.parametrize(
    ("claims", "why", "who"),
    [
        ({"act": {"sub": "assistant"}}, "kind", "oidc:hugo/console"),
        ({"azp": "assistant", "aud": "assistant"}, "audience", "oidc:hugo/console"),
        ({"nonce": "another"}, "nonce", "oidc:hugo"),
        ({"iss": "https://login.evil.example"}, "issuer", "unknown"),
        ({"exp": 1}, "expired", "oidc:hugo"),
    ],
)
async def test_who_is_not_a_person_of_this_sign_in_is_turned_away_and_named_as_far_as_is_proven(
    door: Door, claims: dict[str, Any], why: str, who: str
) -> None:
    door.entrance.claims = claims
    async with door.browser() as browser:
        answer = await browser.signed_in()
        assert answer.status_code == 403
        assert "pointsman=" not in str(answer.headers.get_list("set-cookie"))
        assert not await browser.is_in()
    (row,) = await door.turned_away(why)
    assert (row["actor_id"], row["actor_kind"]) == (who, "external")


async def test_who_says_no_at_the_issuer_is_told_so(door: Door) -> None:
    door.entrance.answers = {"code": None, "error": "access_denied"}
    async with door.browser() as browser:
        answer = await browser.signed_in()
        assert (answer.status_code, "access_denied" in answer.text) == (403, True)
    await door.turned_away("denied")


async def test_whoever_comes_by_another_name_begins_where_they_are_sent_back_to(door: Door) -> None:
    async with door.browser() as browser:
        other = browser.url.replace("127.0.0.1", "localhost")
        answer = await browser.client.get(other + BEGIN, params={"next": "/console/reviews"})
        assert answer.headers["location"] == f"{browser.url}{BEGIN}?next=%2Fconsole%2Freviews"
        assert "set-cookie" not in answer.headers


async def test_a_signed_in_person_works_with_the_roles_that_the_issuer_gives(door: Door) -> None:
    async with door.server.agent(door.server.token("matcher", owner="rosa")) as agent:
        begun = await agent.call("start", workflow="purchase", input={"item": "ladder", "amount": 1})
        await agent.call("act", session=begun["session"], action="submit", arguments={"note": "It is high."})
    async with door.browser() as browser:
        await browser.signed_in()
        assert (await browser.get(f"/console/reviews/{begun['session']}")).status_code == 200
    door.entrance.claims = {"sub": "nobody", "realm_access": None}
    async with door.browser() as browser:
        await browser.signed_in()
        assert (await browser.get(f"/console/reviews/{begun['session']}")).status_code == 404


async def test_an_issuers_token_at_the_form_opens_the_console_to_a_person_alone(door: Door) -> None:
    person = door.entrance.issuer.token(sub="hugo", azp=CLIENT)
    agent = door.entrance.issuer.token(sub="hugo", azp="assistant")
    for token, comes_in in ((person, True), (agent, False)):
        async with door.browser() as browser:
            await browser.client.post(
                browser.url + "/console/sign-in",
                data={"token": token, "next": "/console"},
                headers={"sec-fetch-site": "same-origin"},
            )
            assert await browser.is_in() is comes_in
    await door.turned_away("kind")


async def test_without_a_client_nobody_signs_in_with_the_issuer(tmp_path: Path) -> None:
    shell = offices(tmp_path)
    async with open_entrance() as entrance:
        trusting(tmp_path, entrance)
        async with deployed(shell, *SERVED) as server:
            for path in (BEGIN, CALLBACK):
                assert (await server.ask("GET", path)).status_code == 404
            assert BEGIN not in (await server.ask("GET", "/console/sign-in")).text


async def test_behind_https_what_is_begun_is_bound_to_this_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = offices(tmp_path)
    monkeypatch.setenv("ACME_SECRET", SECRET)
    async with open_entrance(SECRET) as entrance:
        trusting(tmp_path, entrance, f'client_id = "{CLIENT}"', 'client_secret = "${ACME_SECRET}"')
        async with deployed(shell, *SERVED, "--url", "https://pointsman.example.com") as server:
            begun = await server.ask("GET", BEGIN, host="pointsman.example.com")
            held = begun.headers["set-cookie"]
            assert held.startswith("__Host-pointsman-begun=")
            assert "Secure" in held
            assert "Path=/;" in held
            async with httpx2.AsyncClient(verify=False) as browser:
                back = str((await browser.get(begun.headers["location"])).headers["location"])
            assert back.startswith(f"https://pointsman.example.com{CALLBACK}?")
            path = back.removeprefix("https://pointsman.example.com")
            answer = await server.ask("GET", path, host="pointsman.example.com", cookie=held.partition(";")[0])
            assert answer.status_code == 200
            assert answer.headers.get_list("set-cookie")[0].startswith("__Host-pointsman=")


def test_a_server_without_its_clients_secret_does_not_start(tmp_path: Path) -> None:
    shell = offices(tmp_path)
    (tmp_path / "pointsman.toml").write_text(
        '[oidc]\nissuer = "http://127.0.0.1:9"\naudience = "p"\nclient_id = "c"\nclient_secret = "${NO_SUCH_SECRET}"\n'
        'people = {azp = "c"}\n'
    )
    ended = shell.run("serve", *SERVED, "--http", "127.0.0.1:0")
    assert ended.code == 4
    assert "needs NO_SUCH_SECRET" in ended.stderr

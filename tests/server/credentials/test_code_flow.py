"""People sign in with an issuer, and nobody else does: the code flow, and attacks on it.

The attacks are those of OAuth 2.0's best current practice (RFC 9700, section 4).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx2
import jwt
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.bounds import OIDC_DOCUMENT_BYTES, OIDC_TOKEN_CHARACTERS
from pointsman.server.credentials.code_flow import Begun, CodeFlow, client_secret
from pointsman.server.credentials.issuer_keys import IssuerKeys
from pointsman.server.credentials.oidc_settings import ClientSettings, IssuerSettings
from pointsman.server.credentials.port import Identified, NotAccepted
from pointsman.server.errors import SecretMissing
from pointsman.tools.openapi.client import open_client
from tests.server.credentials.entrance import CLIENT, SECRET, Asked, Entrance, open_entrance
from tests.server.credentials.local_issuer import AUDIENCE, private_key, signed
from tests.server.credentials.shown import Clocks, reason, settings_of

BACK: Final = "http://127.0.0.1:9/console/sign-in/callback"
HUGO: Final = Actor("human", "oidc:hugo", ("accounts_payable_manager",))
Answer = list[tuple[str, str]]


@dataclass
class Desk:
    """Whoever signs people in, the issuer with which they do it, and clocks that stand still."""

    entrance: Entrance
    clocks: Clocks
    flow: CodeFlow
    settings: IssuerSettings
    keys: IssuerKeys

    def under(self, settings: IssuerSettings) -> CodeFlow:
        """Sign people in under other settings."""
        return CodeFlow(settings, ClientSettings(CLIENT), None, self.keys, self.clocks, BACK)

    async def begun(self) -> Begun:
        begun = await self.flow.begin()
        assert isinstance(begun, Begun), begun
        return begun

    async def returned(self, begun: Begun) -> Answer:
        """Go to the issuer, and give what it sends the browser back with."""
        async with httpx2.AsyncClient(verify=False) as browser:
            back = (await browser.get(begun.address)).headers["location"]
        assert back.startswith(f"{BACK}?")
        return parse_qsl(urlsplit(back).query)

    async def signed_in(self, flow: CodeFlow | None = None) -> Identified | NotAccepted:
        """Sign in, as a person and their browser do it."""
        begun = await self.begun()
        return await (flow or self.flow).finish(begun.secret, await self.returned(begun))


@asynccontextmanager
async def desk_with(secret: str | None = None) -> AsyncGenerator[Desk]:
    async with open_entrance(secret) as entrance, open_client() as client:
        clocks = Clocks(entrance.issuer.now_s)
        keys = IssuerKeys(entrance.issuer.url, client, clocks.monotonic)
        settings = settings_of(entrance.issuer.url)
        try:
            flow = CodeFlow(settings, ClientSettings(CLIENT), secret, keys, clocks, BACK)
            yield Desk(entrance, clocks, flow, settings, keys)
        finally:
            await keys.aclose()


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    async with desk_with() as found:
        yield found


async def test_a_person_signs_in_and_is_who_their_tokens_say(desk: Desk) -> None:
    found = await desk.signed_in()
    assert found == Identified(HUGO)  # without an end: the ID token is good for this moment alone
    (form,) = desk.entrance.exchanges
    assert form["client_id"] == CLIENT
    assert len(form["code_verifier"]) == 43


async def test_a_client_with_a_secret_proves_itself(desk: Desk) -> None:
    async with desk_with(SECRET) as proving:
        assert await proving.signed_in() == Identified(HUGO)
        assert "client_id" not in proving.entrance.exchanges[0]
        proving.entrance.secret = "another"
        assert reason(await proving.signed_in()) == "code"
    desk.entrance.secret = SECRET
    assert reason(await desk.signed_in()) == "code"


async def test_the_issuer_is_asked_for_a_code_with_a_challenge_and_is_told_no_secret(desk: Desk) -> None:
    begun = await desk.begun()
    asked = dict(parse_qsl(urlsplit(begun.address).query))
    assert begun.address.startswith(f"{desk.entrance.issuer.url}/authorize?")
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid",
    }
    assert asked["code_challenge_method"] == "S256"
    made = [asked[name] for name in ("state", "nonce", "code_challenge")]
    assert len({*made, begun.secret}) == 4
    assert begun.secret not in begun.address
    assert (await desk.begun()).secret != begun.secret


async def test_another_server_of_the_same_issuer_can_go_on(desk: Desk) -> None:
    """Several servers on one database stand behind one address; whichever is asked knows what the browser holds."""
    assert await desk.signed_in(desk.under(desk.settings)) == Identified(HUGO)


async def test_roles_and_persons_are_what_the_settings_say(desk: Desk) -> None:
    desk.entrance.claims = {"sub": "ann", "azp": CLIENT, "realm_access": {"roles": ["auditors", "others"]}}
    assert await desk.signed_in() == Identified(Actor("human", "oidc:ann", ("auditor", "reader")))
    desk.entrance.claims = {"email": "ann/b@example.com", "realm_access": None}
    named = await desk.signed_in(desk.under(replace(desk.settings, principal=("email",))))
    assert named == Identified(Actor("human", "oidc:ann%2Fb@example.com"))


def other(changes: dict[str, str | None]) -> Callable[[Answer, str], Answer]:
    """Answer with other parameters; those that are None are left out."""

    def changed(answer: Answer, _state: str) -> Answer:
        whole: dict[str, str | None] = {**dict(answer), **changes}
        return [(name, value) for name, value in whole.items() if value is not None]

    return changed


ANSWERS: Final[dict[str, tuple[Callable[[Answer, str], Answer], str]]] = {
    "another state": (other({"state": "x" * 43}), "state"),
    "an empty state": (other({"state": ""}), "state"),
    "no state": (other({"state": None}), "state"),
    "half a character as state": (other({"state": "\udcff"}), "state"),
    "the state of another browser": (lambda answer, state: other({"state": state})(answer, ""), "state"),
    "everything twice": (lambda answer, _: [*answer, *answer], "malformed"),
    "two codes": (lambda answer, _: [*answer, ("code", "another")], "malformed"),
    "no code": (other({"code": None}), "denied"),
    "an empty code": (other({"code": ""}), "denied"),
    "a refusal": (other({"error": "access_denied"}), "denied"),
    "a refusal with a script": (other({"error": "<script>"}), "denied"),
    "an invented code": (other({"code": "invented"}), "code"),
    "another issuer": (other({"iss": "https://login.evil.example"}), "issuer"),
    "an issuer without a name": (other({"iss": ""}), "issuer"),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_that_is_not_the_issuers_to_this_browser_signs_nobody_in(desk: Desk, name: str) -> None:
    answer, why = ANSWERS[name]
    begun, elsewhere = await desk.begun(), await desk.begun()
    state = dict(parse_qsl(urlsplit(elsewhere.address).query))["state"]
    found = await desk.flow.finish(begun.secret, answer(await desk.returned(begun), state))
    assert reason(found) == why
    assert isinstance(found, NotAccepted)
    assert "<" not in found.message
    if why != "code":
        assert desk.entrance.exchanges == []


@pytest.mark.parametrize("held", ["", "x" * 43, "x" * 10_000, "é" * 43, "{}\n"])
async def test_a_browser_that_has_not_begun_is_signed_in_by_nobodys_answer(desk: Desk, held: str) -> None:
    """Login CSRF: somebody is led to the answer that the issuer gave to another, and would work in their name."""
    answer = await desk.returned(await desk.begun())
    assert reason(await desk.flow.finish(held, answer)) == "state"
    assert desk.entrance.exchanges == []


async def test_an_answer_is_used_once(desk: Desk) -> None:
    begun = await desk.begun()
    answer = await desk.returned(begun)
    assert await desk.flow.finish(begun.secret, answer) == Identified(HUGO)
    assert reason(await desk.flow.finish(begun.secret, answer)) == "state"
    assert reason(await desk.flow.finish(begun.secret, await desk.returned(begun))) == "state"
    assert reason(await desk.under(desk.settings).finish(begun.secret, answer)) == "code"  # the issuer says so too
    assert len(desk.entrance.exchanges) == 2


async def test_the_code_of_another_browser_is_worth_nothing(desk: Desk) -> None:
    """Code injection: PKCE binds a code to whoever has begun."""
    victim, attacker = await desk.begun(), await desk.begun()
    stolen = dict(await desk.returned(victim))["code"]
    own = {**dict(await desk.returned(attacker)), "code": stolen}
    assert reason(await desk.flow.finish(attacker.secret, [*own.items()])) == "code"


async def test_an_issuer_that_says_who_it_is_must_do_so(desk: Desk) -> None:
    """RFC 9207, section 2.4."""
    desk.entrance.say_where(authorization_response_iss_parameter_supported=True)
    assert reason(await desk.signed_in()) == "issuer"
    desk.entrance.answers = {"iss": desk.entrance.issuer.url}
    assert await desk.signed_in() == Identified(HUGO)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": None}, "nonce"),
        ({"nonce": "x" * 43}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"nonce": "\ud800"}, "malformed"),
        ({"aud": "assistant"}, "audience"),
        ({"aud": AUDIENCE}, "audience"),
        ({"aud": [CLIENT, "assistant"]}, "audience"),
        ({"aud": [CLIENT, "assistant"], "azp": "assistant"}, "audience"),
        ({"azp": "assistant"}, "audience"),
        ({"client_id": "assistant"}, "audience"),
        ({"aud": None}, "audience"),
        ({"iss": "https://login.evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"sub": None}, "malformed"),
        ({"sub": "hugo\u202e"}, "malformed"),
        ({"exp": None}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"exp": 1}, "expired"),
        ({"iat": 4_000_000_000}, "early"),
        ({"nbf": 4_000_000_000}, "early"),
        ({"typ": "Bearer"}, "malformed"),
        ({"typ": "Refresh"}, "malformed"),
        ({"token_use": "access"}, "malformed"),
        ({"events": {}}, "malformed"),
        ({"act": {"sub": "assistant"}}, "kind"),
    ],
)
async def test_an_id_token_that_is_not_of_this_sign_in_signs_nobody_in(
    desk: Desk, claims: JsonObject, why: str
) -> None:
    desk.entrance.claims = claims
    assert reason(await desk.signed_in()) == why


async def test_several_audiences_are_taken_where_this_client_is_the_one_it_was_given_to(desk: Desk) -> None:
    desk.entrance.claims = {"aud": ["other", CLIENT], "azp": CLIENT, "typ": "ID"}
    assert await desk.signed_in() == Identified(HUGO)


@pytest.mark.parametrize("people", [{}, {"azp": frozenset({"another"})}, {"scope": frozenset({"decide"})}])
async def test_nobody_signs_in_whom_the_settings_do_not_call_a_person(
    desk: Desk, people: dict[str, frozenset[str]]
) -> None:
    found = await desk.signed_in(desk.under(replace(desk.settings, people=people)))
    assert reason(found) == "kind"
    assert isinstance(found, NotAccepted)
    assert found.principal == f"oidc:hugo/{CLIENT}"


async def test_a_system_does_not_sign_in(desk: Desk) -> None:
    systems = {"azp": frozenset({CLIENT})}
    assert reason(await desk.signed_in(desk.under(replace(desk.settings, systems=systems)))) == "kind"


def given_token(make: Callable[[Entrance, Asked], Json]) -> Callable[[Entrance], Callable[[Asked], Response]]:
    return lambda entrance: lambda asked: JSONResponse({"id_token": make(entrance, asked)})


def forged(entrance: Entrance, asked: Asked) -> Json:
    """What the issuer would say, by somebody else's key."""
    body = entrance.id_token(asked).split(".")
    return ".".join([*body[:2], signed({}, private_key("attacker")).rpartition(".")[2]])


LIES: Final[dict[str, tuple[Callable[[Entrance], Callable[[Asked], Response]], str]]] = {
    "a token that it has not signed": (given_token(forged), "signature"),
    "a token of an access token's type": (
        given_token(lambda e, asked: signed(json_of(e, asked), private_key(), kid="first")),
        "malformed",
    ),
    "no token": (given_token(lambda _e, _a: None), "malformed"),
    "a token that is none": (given_token(lambda _e, _a: "a.b"), "malformed"),
    "a token of this server": (given_token(lambda _e, _a: "pmh_" + "A" * 43), "malformed"),
    "a huge token": (given_token(lambda _e, _a: "a" * (OIDC_TOKEN_CHARACTERS + 1)), "malformed"),
    "no JSON": (lambda _: lambda _: PlainTextResponse("id_token=x"), "unavailable"),
    "a list": (lambda _: lambda _: JSONResponse(["id_token"]), "unavailable"),
    "a token that stands twice": (
        lambda _: lambda _: PlainTextResponse('{"id_token": "a", "id_token": "b"}'),
        "unavailable",
    ),
    "more than is read": (lambda _: lambda _: PlainTextResponse("x" * (OIDC_DOCUMENT_BYTES + 1)), "unavailable"),
    "another place": (lambda e: lambda _: RedirectResponse(f"{e.issuer.url}/elsewhere"), "code"),
    "a failure": (lambda _: lambda _: PlainTextResponse("", 500), "code"),
}


def json_of(entrance: Entrance, asked: Asked) -> JsonObject:
    """The claims of the ID token that is due."""
    found: JsonObject = jwt.decode(entrance.id_token(asked), options={"verify_signature": False})
    return found


@pytest.mark.parametrize("lie", LIES)
async def test_whatever_the_token_endpoint_answers_instead_signs_nobody_in(desk: Desk, lie: str) -> None:
    gives, why = LIES[lie]
    desk.entrance.gives = gives(desk.entrance)
    found = await desk.signed_in()
    assert reason(found) == why
    assert isinstance(found, NotAccepted)
    assert found.message.isprintable()


async def test_an_access_token_that_is_good_for_this_server_signs_nobody_in(desk: Desk) -> None:
    token = desk.entrance.issuer.token(sub="hugo", azp=CLIENT, aud=[AUDIENCE, CLIENT])
    desk.entrance.gives = lambda _: JSONResponse({"id_token": token, "access_token": token})
    assert reason(await desk.signed_in()) == "malformed"


@pytest.mark.parametrize(
    "configured",
    [
        {"token_endpoint": None},
        {"authorization_endpoint": "http://login.example.com/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://ada:secret@login.example.com/token"},
        {"token_endpoint": 7},
    ],
)
async def test_an_issuer_with_which_nobody_can_sign_in_is_said_to_be_so(desk: Desk, configured: JsonObject) -> None:
    desk.entrance.say_where(**configured)
    assert isinstance(found := await desk.flow.begin(), NotAccepted)
    assert found.reason == "unavailable"


async def test_an_issuer_that_is_away_signs_nobody_in_and_is_asked_again_later(desk: Desk) -> None:
    begun = await desk.begun()
    answer = await desk.returned(begun)
    await desk.entrance.issuer.stop()
    assert reason(await desk.flow.finish(begun.secret, answer)) == "unavailable"
    desk.clocks.advance(3_601)
    assert isinstance(await desk.flow.begin(), NotAccepted)
    await desk.entrance.issuer.start()
    desk.clocks.advance(5)
    desk.entrance.claims = {"iat": int(desk.clocks.now_s), "exp": int(desk.clocks.now_s) + 60}
    assert await desk.signed_in() == Identified(HUGO)


async def test_an_issuer_that_does_not_answer_holds_nobody_for_longer_than_the_bound(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.credentials.code_flow.OIDC_READ_MS", 200)
    begun = await desk.begun()
    answer = await desk.returned(begun)
    desk.entrance.issuer.speaks.clear()
    assert reason(await desk.flow.finish(begun.secret, answer)) == "unavailable"
    desk.entrance.issuer.speaks.set()


async def test_used_sign_ins_are_forgotten_when_there_are_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.credentials.code_flow.OIDC_SIGN_INS_USED", 2)
    first = await desk.begun()
    answer = await desk.returned(first)
    assert await desk.flow.finish(first.secret, answer) == Identified(HUGO)
    assert reason(await desk.flow.finish(first.secret, answer)) == "state"
    for _ in range(2):
        assert await desk.signed_in() == Identified(HUGO)
    assert reason(await desk.flow.finish(first.secret, answer)) == "code"  # now the issuer alone remembers


def test_the_secret_of_a_client_comes_from_the_environment() -> None:
    assert client_secret(ClientSettings(CLIENT), {}) is None
    assert client_secret(ClientSettings(CLIENT, "ACME_SECRET"), {"ACME_SECRET": "s"}) == "s"
    for environment in ({}, {"ACME_SECRET": ""}):
        with pytest.raises(SecretMissing, match=r"oidc\.client_secret needs ACME_SECRET"):
            client_secret(ClientSettings(CLIENT, "ACME_SECRET"), environment)

"""Tokens that must open nothing: an attack corpus, and what chance makes of good ones."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.bounds import OIDC_TOKEN_CHARACTERS
from pointsman.server.credentials.claims import judged
from pointsman.server.credentials.jwts import read_jwt
from pointsman.server.credentials.port import Identified, NotAccepted
from tests.server.credentials.local_issuer import AUDIENCE, LocalIssuer, private_key, public_jwk, signed
from tests.server.credentials.shown import Shown, reason, settings_of, shown_to


@pytest.fixture(scope="module")
async def shown() -> AsyncGenerator[Shown]:
    async with shown_to() as found:
        yield found


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def with_secret(header: JsonObject, claims: JsonObject, secret: bytes) -> str:
    """A token signed by HS256, as one that takes a public key for a secret would verify it."""
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def public_pem() -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private_key().public_key().public_bytes(serialization.Encoding.PEM, form)


def exchanged(issuer: LocalIssuer, **claims: Json) -> str:
    """Other claims under a signature that was good for those of a real token."""
    head, _, signature = issuer.token().split(".")
    return f"{head}.{encoded(json.dumps({**issuer.claims(), **claims}).encode())}.{signature}"


def headed(issuer: LocalIssuer, header: str) -> str:
    """A real token under another header."""
    return f"{encoded(header.encode())}.{issuer.token().partition('.')[2]}"


def own(issuer: LocalIssuer, **header: Json) -> str:
    """A token by a key of the attacker's own, with whatever header."""
    return signed(issuer.claims(), private_key("attacker"), "RS256", **{"kid": "first", **header})


FORGED: Final[dict[str, Callable[[LocalIssuer], str]]] = {
    "alg none": lambda i: headed(i, '{"alg":"none"}'),
    "HS256 with the public key as PEM": lambda i: with_secret(
        {"alg": "HS256", "typ": "JWT", "kid": "first"}, i.claims(), public_pem()
    ),
    "HS256 with the public key as it is published": lambda i: with_secret(
        {"alg": "HS256", "typ": "JWT", "kid": "first"}, i.claims(), json.dumps(public_jwk(private_key())).encode()
    ),
    "HS256 with an empty secret": lambda i: with_secret({"alg": "HS256", "kid": "first"}, i.claims(), b""),
    "an algorithm that is not known": lambda i: headed(i, '{"alg":"XS1"}'),
    "an algorithm of another type of key": lambda i: headed(i, '{"alg":"ES256","kid":"first"}'),
    "secp256k1": lambda i: headed(i, '{"alg":"ES256K","kid":"first"}'),
    "another key under the known name": own,
    "another key, which the token brings along": lambda i: own(i, jwk=public_jwk(private_key("attacker"))),
    "another key, which the token says where to find": lambda i: own(i, jku=i.url + "/keys"),
    "a key id that is not known": lambda i: own(i, kid="attacker"),
    "a key id that is a path": lambda i: own(i, kid="../../../../dev/null"),
    "no key id": lambda i: own(i, kid=None),
    "claims that were tampered with": lambda i: exchanged(i, sub="eve"),
    "a signature cut short": lambda i: i.token()[:-6],
    "a signature of the right length": lambda i: f"{i.token().rpartition('.')[0]}.{encoded(bytes(256))}",
    "a signature by PS256 said to be RS256": lambda i: ".".join(
        (i.token().split(".")[0], *signed(i.claims(), private_key(), "PS256", kid="first").split(".")[1:])
    ),
}


@pytest.mark.parametrize("name", FORGED)
async def test_what_the_issuer_has_not_signed_is_nothing(shown: Shown, name: str) -> None:
    shown.clocks.passed_s += 31  # let an unknown key be asked for
    assert reason(await shown.identify(FORGED[name](shown.issuer))) == "signature"


def raw(_issuer: LocalIssuer, claims: bytes, **header: Json) -> str:
    """What the issuer itself has signed, whatever it is."""
    return signed(claims, private_key(), "RS256", **{"kid": "first", **header})


def with_text(issuer: LocalIssuer, member: str) -> bytes:
    """Claims in which this text is one member more, before all others or in their place."""
    names = {member.partition(":")[0].strip('"')}
    rest = {name: value for name, value in issuer.claims().items() if name not in names}
    return b"{" + member.encode() + b"," + json.dumps(rest).encode()[1:]


MALFORMED: Final[dict[str, Callable[[LocalIssuer], str]]] = {
    "nothing": lambda _: "",
    "no token": lambda _: "garbage",
    "a token of ours": lambda _: "pma_" + "A" * 43,
    "two parts": lambda i: i.token().rpartition(".")[0],
    "four parts": lambda i: i.token() + ".AAAA",
    "five parts, as what is encrypted has": lambda i: i.token() + ".AAAA.AAAA",
    "an empty signature": lambda i: i.token().rpartition(".")[0] + ".",
    "padding": lambda i: i.token() + "==",
    "white space": lambda i: i.token() + " ",
    "a line break": lambda i: i.token() + "\n",
    "letters of plain base64": lambda i: i.token()[:-2] + "+/",
    "letters that are none of ASCII": lambda i: i.token()[:-1] + "ſ",  # noqa: RUF001 -- it lower-cases to s
    "lengths that base64 has not": lambda i: f"{i.token().split('.')[0]}.AAAAA.AAAA",
    "bits beyond the last byte": lambda i: f"{i.token().rpartition('.')[0]}.AB",
    "more than the bound": lambda i: raw(i, json.dumps({**i.claims(), "x": "x" * OIDC_TOKEN_CHARACTERS}).encode()),
    "no JSON": lambda i: raw(i, b"sub=ada"),
    "no object": lambda i: raw(i, b'["ada"]'),
    "not UTF-8": lambda i: raw(i, b'{"sub":"\xff\xfe"}'),
    "a byte order mark": lambda i: raw(i, b"\xef\xbb\xbf" + json.dumps(i.claims()).encode()),
    "nested a thousand deep": lambda i: raw(i, with_text(i, '"x":' + "[" * 1000 + "]" * 1000)),
    "a claim that stands twice": lambda i: raw(i, with_text(i, '"sub":"eve","sub":"ada"')),
    "a claim that stands twice, once escaped": lambda i: raw(i, with_text(i, '"sub":"eve","s\\u0075b":"ada"')),
    "half a character": lambda i: raw(i, with_text(i, '"sub":"\\ud800"')),
    "NaN": lambda i: raw(i, with_text(i, '"exp":NaN')),
    "an integer of 5,000 digits": lambda i: raw(i, with_text(i, '"exp":' + "9" * 5000)),
    "an end at 1e999": lambda i: raw(i, with_text(i, '"exp":1e999')),
    "an end at 1e300": lambda i: raw(i, with_text(i, '"exp":1e300')),
    "an extension that must be understood": lambda i: raw(i, b"{}", crit=["exp"], exp=1),
    "an empty crit": lambda i: raw(i, b"{}", crit=[]),
    "claims that are said to be packed": lambda i: raw(i, json.dumps(i.claims()).encode(), zip="DEF"),
    "a key id that is no text": lambda i: headed(i, '{"alg":"RS256","kid":7}'),
    "a huge key id": lambda i: raw(i, json.dumps(i.claims()).encode(), kid="k" * 257),
    "no algorithm": lambda i: headed(i, '{"kid":"first"}'),
    "an algorithm that is no text": lambda i: headed(i, '{"alg":["RS256"]}'),
    "a header that says alg twice": lambda i: headed(i, '{"alg":"none","alg":"RS256","kid":"first"}'),
    "an ID token by its type": lambda i: raw(i, json.dumps(i.claims()).encode(), typ="id_token+jwt"),
    "a logout token by its type": lambda i: raw(i, json.dumps(i.claims()).encode(), typ="logout+jwt"),
    "a proof of possession": lambda i: raw(i, json.dumps(i.claims()).encode(), typ="dpop+jwt"),
    "a type that is no text": lambda i: raw(i, json.dumps(i.claims()).encode(), typ=["at+jwt"]),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_cannot_be_read_without_doubt_is_nothing(shown: Shown, name: str) -> None:
    assert reason(await shown.identify(MALFORMED[name](shown.issuer))) == "malformed"


MANY: Final[list[Json]] = ["x"] * 1001
UNFIT: Final[dict[str, Mapping[str, Json]]] = {
    "an ID token: it has a nonce": {"nonce": "n"},
    "an ID token: it has the hash of an access token": {"at_hash": "h"},
    "an ID token of Keycloak": {"typ": "ID"},
    "a refresh token of Keycloak": {"typ": "Refresh"},
    "an ID token of Cognito": {"token_use": "id"},
    "a kind that is no text": {"typ": 1},
    "a token about events": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    "a token bound to a key": {"cnf": {"jkt": "x"}},
    "no end": {"exp": None},
    "an end as text": {"exp": "2000000000"},
    "an end as truth": {"exp": True},
    "an end in a list": {"exp": [2_000_000_000]},
    "an end in milliseconds": {"exp": 2_000_000_000_000},
    "an end before time": {"exp": -1},
    "a beginning as text": {"nbf": "0"},
    "made at no time": {"iat": {}},
    "an audience as number": {"aud": 7},
    "an audience among numbers": {"aud": [AUDIENCE, 7]},
    "an audience as object": {"aud": {AUDIENCE: True}},
    "more audiences than the bound": {"aud": MANY},
    "roles as one text": {"realm_access": {"roles": "ap-managers"}},
    "roles as object": {"realm_access": {"roles": {"ap-managers": True}}},
    "roles as numbers": {"realm_access": {"roles": [1]}},
    "more roles than the bound": {"realm_access": {"roles": MANY}},
    "a person as number": {"sub": 7},
    "a person as list": {"sub": ["ada"]},
    "a person without a name": {"sub": ""},
    "a person with a huge name": {"sub": "a" * 257},
    "a person with a line break": {"sub": "ada\nadmin"},
    "a person with an escape": {"sub": "\x1b[31mada"},
    "a person written from right to left": {"sub": "ada\u202e"},
    "a person with room around the name": {"sub": " ada"},
    "a person with nothing seen": {"sub": "\u3164"},
    "no client": {"azp": None},
    "a client as number": {"azp": 7},
    "a client with a zero": {"azp": "a\x00"},
    "two clients": {"azp": "console", "client_id": "assistant"},
}


@pytest.mark.parametrize("name", UNFIT)
async def test_claims_that_cannot_be_meant_are_refused(shown: Shown, name: str) -> None:
    assert reason(await shown.identify(shown.issuer.token(**UNFIT[name]))) == "malformed"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://login.evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": ["{issuer}"]}, "issuer"),
        ({"iss": "{issuer}/"}, "issuer"),
        ({"iss": "{ISSUER}"}, "issuer"),
        ({"aud": None}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": "https://pointsman.example.com.evil"}, "audience"),
        ({"aud": "https://pointsman.example.com/mcp"}, "audience"),
        ({"aud": "HTTPS://POINTSMAN.EXAMPLE.COM"}, "audience"),
        ({"aud": "assistant"}, "audience"),
        ({"aud": AUDIENCE, "azp": AUDIENCE}, "audience"),
        ({"exp": 0}, "expired"),
        ({"exp": 1e9}, "expired"),
        ({"nbf": 4_000_000_000}, "early"),
        ({"iat": 4_000_000_000.5}, "early"),
    ],
)
async def test_a_token_of_another_issuer_for_another_server_or_of_another_time_is_refused(
    shown: Shown, claims: JsonObject, said: str
) -> None:
    url = shown.issuer.url
    filled = json.loads(json.dumps(claims).replace("{issuer}", url).replace("{ISSUER}", url.upper()))
    whole = {name: value for name, value in {**shown.issuer.claims(), **filled}.items() if value is not None}
    assert reason(await shown.identify(signed(whole, private_key(), kid="first"))) == said


async def test_a_token_of_another_issuer_makes_nobody_ask_for_keys(shown: Shown) -> None:
    shown.clocks.passed_s += 31
    before = len(shown.issuer.requests)
    foreign = {**shown.issuer.claims(), "iss": "https://login.evil.example"}
    assert reason(await shown.identify(signed(foreign, private_key("attacker"), kid="unknown"))) == "issuer"
    assert reason(await shown.identify(with_secret({"alg": "HS256"}, shown.issuer.claims(), b"x"))) == "signature"
    assert len(shown.issuer.requests) == before


@given(st.text(max_size=200) | st.from_regex(r"[\w.-]{0,60}\.[\w.-]{0,60}\.[\w.-]{0,60}", fullmatch=True))
def test_no_text_is_more_than_not_a_token(text: str) -> None:
    found = read_jwt(text)
    assert isinstance(found, NotAccepted)
    assert found.message.isprintable()


_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES: Final = st.sampled_from(
    ["iss", "aud", "sub", "azp", "client_id", "exp", "nbf", "iat", "realm_access", "typ", "cnf", "act", "nonce", "x"]
)


@given(st.dictionaries(_NAMES, _JSON | st.sampled_from(["console", AUDIENCE, "ada"]), max_size=8))
def test_whatever_claims_say_the_answer_is_a_verdict_and_a_person_is_one_by_the_settings_alone(
    changes: JsonObject,
) -> None:
    issuer = LocalIssuer()
    claims = {**issuer.claims(), **changes}
    found = judged(claims, settings_of(issuer.url), issuer.now_s * 1000)
    if isinstance(found, NotAccepted):
        assert found.message.isprintable()
        return
    assert found.actor.id.startswith("oidc:")
    assert found.actor.id.isprintable()
    assert len(found.actor.id) < 3 * 256 + 300
    if found.actor.kind == "human":
        assert claims["azp"] == "console"
        assert "act" not in claims
    assert found.expires_at is not None
    assert found.expires_at > issuer.now_s * 1000


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_one_changed_byte_of_a_token_is_no_token(shown: Shown, place: int, by: int) -> None:
    token = shown.issuer.token()
    at = place % len(token)
    changed = token[:at] + chr(ord(token[at]) ^ by) + token[at + 1 :]
    assert not isinstance(await shown.identify(changed), Identified)

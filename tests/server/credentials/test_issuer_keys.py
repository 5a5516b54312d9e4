"""The keys of an issuer: found, kept, rotated, withdrawn, and out of reach."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm
from starlette.responses import JSONResponse, RedirectResponse, Response

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.bounds import OIDC_DOCUMENT_BYTES
from pointsman.server.credentials.key_set import keys_for, read_key_set
from pointsman.server.credentials.port import Identified
from tests.server.credentials.local_issuer import CONFIGURATION, KEYS, private_key, public_jwk, signed
from tests.server.credentials.shown import Shown, reason

FRESH_S: Final = 300
KEPT_S: Final = 3_600
AGAIN_S: Final = 30


async def test_many_who_wait_for_keys_are_served_by_one_reading_and_later_ones_by_none(shown: Shown) -> None:
    token = shown.issuer.token()
    found = await asyncio.gather(*(shown.identify(token) for _ in range(50)))
    assert all(isinstance(one, Identified) for one in found)
    assert shown.issuer.requests == [CONFIGURATION, KEYS]
    await shown.accepted()
    assert len(shown.issuer.requests) == 2


async def test_one_who_stops_waiting_stops_nobody_else(shown: Shown) -> None:
    shown.issuer.speaks.clear()
    first, second = (asyncio.create_task(shown.identify(shown.issuer.token())) for _ in range(2))
    await shown.issuer.asked.wait()
    first.cancel()
    await asyncio.wait({first})
    shown.issuer.speaks.set()
    assert isinstance(await second, Identified)


async def test_a_new_key_is_found_by_its_first_token(shown: Shown) -> None:
    await shown.accepted()
    shown.clocks.passed_s += AGAIN_S
    shown.issuer.rotate("second")
    await shown.accepted()
    assert len(shown.issuer.requests) == 4


async def test_unknown_keys_make_us_ask_twice_a_minute_at_most(shown: Shown) -> None:
    await shown.accepted()
    for passed_s in range(120):
        token = signed(shown.issuer.claims(), private_key("attacker"), kid=f"invented {passed_s}")
        assert reason(await shown.identify(token)) == "signature"
        shown.clocks.passed_s += 1
    assert shown.issuer.requests.count(KEYS) == 1 + 120 // AGAIN_S - 1


async def test_a_key_that_was_withdrawn_verifies_nothing_after_five_minutes(shown: Shown) -> None:
    stolen = shown.issuer.token(exp=shown.issuer.now_s + 10_000)
    assert isinstance(await shown.identify(stolen), Identified)
    shown.issuer.rotate("second")
    shown.clocks.passed_s += FRESH_S
    assert isinstance(await shown.identify(stolen), Identified)
    shown.clocks.passed_s += 1
    assert reason(await shown.identify(stolen)) == "signature"


async def test_in_an_outage_known_keys_are_used_for_an_hour_and_then_nobody_is_let_in(shown: Shown) -> None:
    token = shown.issuer.token(exp=shown.issuer.now_s + 10_000)
    assert isinstance(await shown.identify(token), Identified)
    await shown.issuer.stop()
    shown.clocks.passed_s += KEPT_S
    assert isinstance(await shown.identify(token), Identified)
    unknown = signed(shown.issuer.claims(), private_key("second"), kid="second")
    assert reason(await shown.identify(unknown)) == "unavailable"  # it may well be good: nobody can say
    shown.clocks.passed_s += 1
    assert reason(await shown.identify(token)) == "unavailable"
    await shown.issuer.start()
    shown.clocks.passed_s += 5
    assert isinstance(await shown.identify(token), Identified)


async def test_an_issuer_that_does_not_answer_holds_nobody_for_longer_than_the_bound(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.issuer.speaks.clear()
    with monkeypatch.context() as impatient:
        impatient.setattr("pointsman.server.credentials.issuer_keys.OIDC_READ_MS", 300)
        async with asyncio.timeout(5):
            assert reason(await shown.identify(shown.issuer.token())) == "unavailable"
            assert reason(await shown.identify(shown.issuer.token())) == "unavailable"
    assert len(shown.issuer.requests) <= 1  # it is tried again five seconds later
    shown.issuer.speaks.set()
    shown.clocks.passed_s += 5
    await shown.accepted()


async def test_a_reading_that_runs_ends_with_the_server(shown: Shown) -> None:
    shown.issuer.speaks.clear()
    waiting = asyncio.create_task(shown.identify(shown.issuer.token()))
    await shown.issuer.asked.wait()
    async with asyncio.timeout(3):
        await shown.keys.aclose()
        assert reason(await waiting) == "unavailable"


def json_of(**members: Json) -> Response:
    return JSONResponse(members)


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (
            CONFIGURATION,
            json_of(issuer="https://evil.example", jwks_uri="https://evil.example/keys"),
            "says that it is",
        ),
        (CONFIGURATION, Response("{}", 500), "answers 500"),
        (CONFIGURATION, RedirectResponse(KEYS), "answers 307"),
        (CONFIGURATION, Response("<html>"), "gives no JSON object"),
        (CONFIGURATION, Response("[]"), "gives no JSON object"),
        (CONFIGURATION, Response('{"issuer":1,"issuer":2}'), "gives no JSON object"),
        (KEYS, RedirectResponse("http://127.0.0.1:9/keys"), "answers 307"),
        (KEYS, Response(json.dumps({"keys": [], "x": "x" * OIDC_DOCUMENT_BYTES})), "is longer than"),
        (KEYS, Response("{}", headers={"content-encoding": "gzip"}), "packs its answers"),
        (KEYS, json_of(keys={}), "publishes no key"),
        (KEYS, json_of(keys=[{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]), "publishes no key"),
    ],
)
async def test_an_issuer_whose_documents_are_not_right_is_out_of_reach_and_the_log_says_why(
    shown: Shown, path: str, answer: Response, said: str
) -> None:
    shown.issuer.answers[path] = answer
    with structlog.testing.capture_logs() as logged:
        assert reason(await shown.identify(shown.issuer.token())) == "unavailable"
    assert said in logged[0]["problem"]
    assert logged[0]["log_level"] == "warning"


@pytest.mark.parametrize(
    "address",
    ["http://login.example.com/keys", "file:///etc/passwd", "//127.0.0.1/keys", "https://a:b@c/keys", 7, None],
)
async def test_keys_come_by_https_or_from_this_machine(shown: Shown, address: Json) -> None:
    shown.issuer.configured = {"jwks_uri": address}
    with structlog.testing.capture_logs() as logged:
        assert reason(await shown.identify(shown.issuer.token())) == "unavailable"
    assert "`jwks_uri`" in logged[0]["problem"]


def small() -> JsonObject:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)}


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param({**public_jwk(private_key()), "use": "enc"}, id="for encryption"),
        pytest.param({**public_jwk(private_key()), "key_ops": ["encrypt"]}, id="for other operations"),
        pytest.param({**public_jwk(private_key()), "key_ops": "verify"}, id="operations as text"),
        pytest.param({**public_jwk(private_key()), "alg": "HS256"}, id="by a shared secret"),
        pytest.param({**public_jwk(private_key()), "alg": ["RS256"]}, id="an algorithm that is no text"),
        pytest.param({**public_jwk(private_key()), "kid": 7}, id="a name that is no text"),
        pytest.param({**public_jwk(private_key()), "kid": "k" * 257}, id="a huge name"),
        pytest.param({**public_jwk(private_key()), "d": "AQAB"}, id="a secret that everybody can read"),
        pytest.param({**public_jwk(private_key()), "n": 7}, id="a modulus that is no text"),
        pytest.param({**public_jwk(private_key()), "n": "!"}, id="a modulus that is no base64url"),
        pytest.param({**public_jwk(private_key()), "e": "AA"}, id="an exponent of zero"),
        pytest.param({"kty": "RSA"}, id="no numbers"),
        pytest.param(small(), id="too small"),
        pytest.param({**public_jwk(private_key("c", "ES256")), "crv": "P-384"}, id="of another curve"),
        pytest.param({**public_jwk(private_key("c", "ES256")), "x": "A" * 43}, id="a point that is on no curve"),
        pytest.param({**public_jwk(private_key("c", "ES256")), "crv": "secp256k1"}, id="a curve that is not used"),
        pytest.param({**public_jwk(private_key("c", "EdDSA")), "x": "AAAA"}, id="a point of another length"),
        pytest.param({**public_jwk(private_key("c", "EdDSA")), "crv": ["Ed25519"]}, id="a curve that is no text"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0"}, id="a secret"),
        pytest.param("key", id="no object"),
    ],
)
def test_a_key_that_cannot_be_used_is_passed_over(jwk: Json) -> None:
    good = public_jwk(private_key(), kid="good")
    found = read_key_set({"keys": [jwk, good]})
    assert found is not None
    assert [key.id for key in found] == ["good"]


def test_a_key_verifies_by_the_algorithm_it_is_published_for_and_by_no_other_of_its_type() -> None:
    found = read_key_set({"keys": [public_jwk(private_key(), kid="a", alg="PS256", key_ops=["verify"])]})
    assert found is not None
    assert keys_for(found, "a", "PS256")
    assert not keys_for(found, "a", "RS256")
    assert not found[0].verifies("RS256", b"", b"")


def test_keys_of_one_name_and_of_different_types_are_told_apart() -> None:
    """RFC 7517, section 4.5."""
    ours = [private_key(), private_key("c", "ES256")]
    found = read_key_set({"keys": [public_jwk(key, kid="same") for key in ours]})
    assert found is not None
    (one,) = keys_for(found, "same", "ES256")
    assert isinstance(one.public, ec.EllipticCurvePublicKey)
    assert keys_for(found, "other", "ES256") == ()
    assert keys_for(found, None, "ES256") == (one,)

"""How senders prove their deliveries; vectors of the schemes' own documentation where it gives some."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Scheme
from pointsman.server.bounds import WEBHOOK_TOLERANCE_MS
from pointsman.server.triggers.signatures import (
    Proven,
    Signed,
    UnfitSecret,
    Unproven,
    key_of,
    prove,
    prove_token,
)

NOW = 1_800_000_000_000
SECRET = "a secret of enough bytes"
OTHER = "another secret, as long as it"
BODY = b'{"amount": 12.5,  "id": "a"}'
DIGEST = hashlib.sha256(BODY).hexdigest()


def mac(text: bytes, secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")


@dataclass(frozen=True)
class Sender:
    """Signs deliveries as the senders of a scheme do."""

    scheme: Scheme
    sign: Callable[[bytes, int, str], dict[str, str]]
    covered: str


def standard(body: bytes, seconds: int, secret: str = SECRET, name: str = "msg_1") -> dict[str, str]:
    signature = base64.b64encode(mac(f"{name}.{seconds}.".encode() + body, secret)).decode()
    return {"webhook-id": name, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}


def github(body: bytes, _seconds: int, secret: str = SECRET) -> dict[str, str]:
    return {"x-hub-signature-256": f"sha256={mac(body, secret).hex()}"}


def stripe(body: bytes, seconds: int, secret: str = SECRET) -> dict[str, str]:
    return {"stripe-signature": f"t={seconds},v1={mac(f'{seconds}.'.encode() + body, secret).hex()},v0=00"}


def basic(_body: bytes, _seconds: int, secret: str = SECRET) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


SENDERS = [
    Sender("standard", standard, "msg_1"),
    Sender("github", github, DIGEST),
    Sender("stripe", stripe, DIGEST),
    Sender("basic", basic, DIGEST),
]
TIMED = [sender for sender in SENDERS if sender.scheme in ("standard", "stripe")]


@pytest.fixture(params=SENDERS, ids=lambda sender: sender.scheme)
def sender(request: pytest.FixtureRequest) -> Sender:
    found: Sender = request.param
    return found


def signed(sender: Sender, secret: str = SECRET, at_ms: int = NOW) -> Signed:
    return Signed(sender.sign(BODY, at_ms // 1000, secret), BODY, DIGEST)


def judged(sender: Sender, delivery: Signed, *secrets: str) -> Proven | Unproven:
    return prove(sender.scheme, [one.encode() for one in secrets or (SECRET,)], delivery, NOW)


def test_a_delivery_of_its_sender_is_proven(sender: Sender) -> None:
    assert judged(sender, signed(sender)) == Proven(sender.covered)


def test_either_of_two_secrets_proves_it(sender: Sender) -> None:
    """A sender that changes its secret signs with one or the other for a while."""
    for secret in (SECRET, OTHER):
        assert judged(sender, signed(sender, secret), SECRET, OTHER) == Proven(sender.covered)


def test_another_secret_proves_nothing(sender: Sender) -> None:
    assert judged(sender, signed(sender, OTHER)) == Unproven("signature")


def test_without_a_signature_nothing_is_proven(sender: Sender) -> None:
    assert judged(sender, Signed({}, BODY, DIGEST)) == Unproven("unsigned")


@pytest.mark.parametrize("sender", SENDERS[:3], ids=lambda sender: sender.scheme)
@pytest.mark.parametrize(
    "body", [BODY + b" ", BODY.replace(b"12.5", b"12.6"), BODY[:-1], b"", BODY.replace(b"  ", b" ")]
)
def test_a_body_with_one_byte_changed_is_not_what_was_signed(sender: Sender, body: bytes) -> None:
    assert judged(sender, replace(signed(sender), raw=body)) == Unproven("signature")


@pytest.mark.parametrize("sender", TIMED, ids=lambda sender: sender.scheme)
@pytest.mark.parametrize(
    ("late_ms", "expected"),
    [
        (WEBHOOK_TOLERANCE_MS, None),
        (WEBHOOK_TOLERANCE_MS + 1_000, "old"),
        (-WEBHOOK_TOLERANCE_MS, None),
        (-WEBHOOK_TOLERANCE_MS - 1_000, "future"),
        (10**14, "malformed"),
    ],
)
def test_a_signature_is_good_for_five_minutes(sender: Sender, late_ms: int, expected: str | None) -> None:
    found = judged(sender, signed(sender, at_ms=NOW - late_ms))
    assert (found.reason if isinstance(found, Unproven) else None) == expected


@pytest.mark.parametrize("sender", TIMED, ids=lambda sender: sender.scheme)
def test_the_time_cannot_be_moved_without_the_secret(sender: Sender) -> None:
    old = signed(sender, at_ms=NOW - 10 * WEBHOOK_TOLERANCE_MS)
    now = signed(sender)
    if sender.scheme == "standard":
        moved = {**old.headers, "webhook-timestamp": now.headers["webhook-timestamp"]}
    else:
        v1 = old.headers["stripe-signature"].partition(",")[2]
        moved = {"stripe-signature": f"t={NOW // 1000},{v1}"}
    assert judged(sender, replace(old, headers=moved)) == Unproven("signature")


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        ("standard", {"webhook-id": "a.1"}),
        ("standard", {"webhook-id": ""}),
        ("standard", {"webhook-id": "x" * 129}),
        ("standard", {"webhook-timestamp": "1e9"}),
        ("standard", {"webhook-timestamp": "01800000000"}),
        ("standard", {"webhook-timestamp": "\u0661\u0662"}),
        ("standard", {"webhook-signature": "v2,AAAA"}),
        ("standard", {"webhook-signature": "v1"}),
        ("standard", {"webhook-signature": "v1,\u00e4\ud800"}),
        ("github", {"x-hub-signature-256": "sha1=abc"}),
        ("github", {"x-hub-signature-256": "sha256="}),
        ("stripe", {"stripe-signature": "v1=00"}),
        ("stripe", {"stripe-signature": "t=1,t=2,v1=00"}),
        ("stripe", {"stripe-signature": "t=1800000000"}),
        ("stripe", {"stripe-signature": "t=1800000000,v0=00"}),
        ("basic", {"authorization": "Bearer abc"}),
        ("basic", {"authorization": "Basic"}),
        ("basic", {"authorization": "Basic \u00e4"}),
        ("basic", {"authorization": "Basic QQ"}),
    ],
)
def test_what_is_no_signature_proves_nothing(scheme: Scheme, headers: dict[str, str]) -> None:
    sender = next(one for one in SENDERS if one.scheme == scheme)
    delivery = signed(sender)
    assert isinstance(judged(sender, replace(delivery, headers={**delivery.headers, **headers})), Unproven)


def test_one_right_signature_among_several_is_enough_and_their_number_is_bounded() -> None:
    right = standard(BODY, NOW // 1000)["webhook-signature"]
    headers = standard(BODY, NOW // 1000)
    few = Signed({**headers, "webhook-signature": f"v1a,xyz v1,AAAA {right}"}, BODY, DIGEST)
    assert judged(SENDERS[0], few) == Proven("msg_1")
    many = Signed({**headers, "webhook-signature": "v1,AAAA " * 10 + right}, BODY, DIGEST)
    assert judged(SENDERS[0], many) == Unproven("signature")


def test_the_example_of_standard_webhooks_is_proven() -> None:
    """The vector of the reference libraries (standard-webhooks, libraries/python/tests/test_webhooks.py)."""
    key = key_of("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    delivery = Signed(headers, body, "")
    assert prove("standard", [key], delivery, 1_614_265_330_000) == Proven("msg_p5jXN8AQM9LWM0D4loKWxJek")


def test_the_example_of_github_is_proven() -> None:
    """docs.github.com, "Testing the webhook payload validation"."""
    headers = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    delivery = Signed(headers, b"Hello, World!", "d")
    assert prove("github", [b"It's a Secret to Everybody"], delivery, NOW) == Proven("d")


TOKEN = "b2b4cd1c5d4f9a7e1c0a9b3d5e7f2a4c6e8d0b1f3a5c7e9d1b"


def mailgun(seconds: int = NOW // 1000, token: str = TOKEN, secret: str = SECRET) -> JsonObject:
    return {"timestamp": str(seconds), "token": token, "signature": mac(f"{seconds}{token}".encode(), secret).hex()}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**mailgun(), "subject": "hello"}, Proven(TOKEN)),
        ({"signature": mailgun(), "event-data": {}}, Proven(TOKEN)),
        ({"signature": {**mailgun(), "timestamp": NOW // 1000}}, Proven(TOKEN)),
        ({}, Unproven("unsigned")),
        (None, Unproven("unsigned")),
        ([mailgun()], Unproven("unsigned")),
        ({**mailgun(), "token": None}, Unproven("unsigned")),
        ({**mailgun(), "token": ["a", "b"]}, Unproven("malformed")),
        ({**mailgun(), "token": "short"}, Unproven("malformed")),
        ({**mailgun(), "timestamp": "soon"}, Unproven("malformed")),
        ({**mailgun(), "signature": "00"}, Unproven("signature")),
        (mailgun(secret=OTHER), Unproven("signature")),
        ({**mailgun(), "token": TOKEN[:-1] + "0"}, Unproven("signature")),
        ({**mailgun(), "timestamp": str(NOW // 1000 + 1)}, Unproven("signature")),
        ({**mailgun(), "timestamp": str(NOW // 1000) + TOKEN[:1], "token": TOKEN[1:]}, Unproven("malformed")),
        (mailgun(NOW // 1000 - 301), Unproven("old")),
        (mailgun(NOW // 1000 + 301), Unproven("future")),
    ],
)
def test_mailgun_signs_a_time_and_a_token_inside_the_body(body: JsonObject, expected: Proven | Unproven) -> None:
    assert prove_token([SECRET.encode()], body, NOW) == expected


def test_no_digit_moves_between_the_time_and_the_token() -> None:
    """They are signed one after the other, so that the same text can be cut elsewhere."""
    token = "1" * 20
    for cut in range(1, 10):
        body = mailgun(token=token)
        text = f"{body['timestamp']}{token}"
        moved = {**body, "timestamp": text[:cut], "token": text[cut:]}
        assert isinstance(prove_token([SECRET.encode()], moved, NOW), Unproven)
        longer = {**body, "timestamp": text[: 10 + cut], "token": text[10 + cut :]}
        assert isinstance(prove_token([SECRET.encode()], longer, NOW), Unproven)


@pytest.mark.parametrize(
    ("scheme", "secret", "problem"),
    [
        ("standard", "whsec_not base64", "not base64"),
        ("standard", "whsec_AAAA", "shorter than 16"),
        ("github", "short", "shorter than 16"),
        ("basic", "nobody-knows-this-password", "user:password"),
        ("basic", ":nobody-knows-this-password", "user:password"),
        ("basic", "somebody-has-no-password:", "user:password"),
    ],
)
def test_a_secret_that_is_none_is_refused(scheme: Scheme, secret: str, problem: str) -> None:
    with pytest.raises(UnfitSecret, match=problem):
        key_of(scheme, secret)


@pytest.mark.parametrize(
    ("scheme", "secret", "key"),
    [
        ("standard", "a text of sixteen bytes", b"a text of sixteen bytes"),
        ("standard", f"whsec_{base64.b64encode(bytes(24)).decode()}", bytes(24)),
        ("stripe", "whsec_0123456789abcdef", b"whsec_0123456789abcdef"),
        ("basic", "mail:a password:with a colon", b"mail:a password:with a colon"),
    ],
)
def test_a_secret_stands_for_a_key(scheme: Scheme, secret: str, key: bytes) -> None:
    """Stripe signs with the whole text of its secret, whatever it begins with."""
    assert key_of(scheme, secret) == key


NAMES = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-hub-signature-256",
    "stripe-signature",
    "authorization",
)
WORDS = st.sampled_from(["", "v1,", "t=", "v1=", ",", " ", "1800000000", "sha256=", "Basic ", "=", "a", "\xff", "Og=="])
SAID = st.lists(WORDS | st.text(st.characters(max_codepoint=255), max_size=5), max_size=8).map("".join)


@given(st.sampled_from([sender.scheme for sender in SENDERS]), st.dictionaries(st.sampled_from(NAMES), SAID))
def test_whatever_a_stranger_says_proves_nothing(scheme: Scheme, headers: dict[str, str]) -> None:
    found = prove(scheme, [SECRET.encode(), OTHER.encode()], Signed(headers, BODY, DIGEST), NOW)
    assert isinstance(found, Unproven)


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | SAID | st.lists(SAID, max_size=2)
FIELDS = st.dictionaries(st.sampled_from(["timestamp", "token", "signature", "other"]), VALUES)


@given(FIELDS | st.fixed_dictionaries({"signature": FIELDS}) | VALUES)
def test_whatever_a_stranger_puts_into_a_form_proves_nothing(body: Any) -> None:  # noqa: ANN401 -- any JSON
    assert isinstance(prove_token([SECRET.encode()], body, NOW), Unproven)

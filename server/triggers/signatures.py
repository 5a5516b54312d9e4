"""How the sender of a webhook proves that a delivery is its own. Pure: delivery, keys and the time in, a verdict out.

| scheme | what is signed | what tells deliveries apart |
|---|---|---|
| `standard` | identifier, time and body (standardwebhooks.com) | the identifier |
| `github` | the body | the body |
| `stripe` | time and body | the body: each attempt is signed anew |
| `mailgun` | a time and a token, both fields of the body | the token |
| `basic` | nothing: it is a user and password | the body |

Every key is tried, and every comparison takes the same time whatever it finds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, as_object
from pointsman.contracts.workflow import Scheme

from ..bounds import WEBHOOK_SECRET_BYTES, WEBHOOK_SIGNATURES, WEBHOOK_TOLERANCE_MS

Reason: TypeAlias = Literal["unsigned", "malformed", "signature", "old", "future"]
"""Why a delivery proves nothing: it has no signature, one of another form, a wrong one, or one of another time."""
Keys: TypeAlias = Sequence[bytes]

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-]{1,128}\Z", re.ASCII)
"""Without the dot that separates what is signed."""
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,11}\Z", re.ASCII)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}\Z", re.ASCII)
_ENCODED: Final = "whsec_"
_BASIC: Final = "basic "


@dataclass(frozen=True, slots=True)
class Signed:
    """What is judged: the headers (by lower-case names, none that comes twice), the body byte for byte, and its hash.

    `raw` is empty for a form with files, which no scheme signs; `digest` is that of the whole body all the same.
    """

    headers: Mapping[str, str]
    raw: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The delivery is its sender's. `covered` is what tells it from others, as far as that is signed."""

    covered: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """The delivery may be anybody's. Why is for the audit; the sender hears the same in every case."""

    reason: Reason


class UnfitSecret(PointsmanError):
    """A secret of a webhook is none that its scheme has. Have the sender make another, and set it."""


def key_of(scheme: Scheme, secret: str) -> bytes:
    """Give the key that a secret of the environment stands for.

    Raises:
        UnfitSecret: it is too short, or not of the scheme's form.
    """
    key = secret.encode()
    if scheme == "standard" and secret.startswith(_ENCODED):
        try:
            key = base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnfitSecret(f"what follows `{_ENCODED}` is not base64") from error
    if scheme == "basic" and not all(secret.partition(":")):
        raise UnfitSecret("it must be `user:password`")
    if len(key) < WEBHOOK_SECRET_BYTES:
        raise UnfitSecret(f"it is shorter than {WEBHOOK_SECRET_BYTES} bytes, and could be guessed")
    return key


def prove(scheme: Scheme, keys: Keys, signed: Signed, now_ms: int) -> Proven | Unproven:
    """Judge a delivery by its headers, before anything else is done with it. Not for `mailgun`, which has it inside."""
    return _SCHEMES[scheme](keys, signed, now_ms)


def prove_token(keys: Keys, body: Json, now_ms: int) -> Proven | Unproven:
    """Judge a delivery of `mailgun` by the fields of its form, or by the member `signature` of its JSON.

    Source: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
    """
    fields = as_object(body)
    inner = fields.get("signature")
    fields = inner if isinstance(inner, dict) else fields
    time, token, signature = (fields.get(name) for name in ("timestamp", "token", "signature"))
    if time is None or token is None or signature is None:
        return Unproven("unsigned")
    time = str(time) if isinstance(time, int) else time
    if not (isinstance(time, str) and isinstance(token, str) and isinstance(signature, str)):
        return Unproven("malformed")
    if not (_SECONDS.match(time) and _TOKEN.match(token)):
        return Unproven("malformed")
    wanted = (hmac.digest(key, (time + token).encode(), hashlib.sha256).hex() for key in keys)
    return _timely(time, now_ms, token) if _one_of([signature], wanted) else Unproven("signature")


def _standard(keys: Keys, signed: Signed, now_ms: int) -> Proven | Unproven:
    """Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""
    name, time, said = (signed.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and time and said):
        return Unproven("unsigned")
    given = [one.removeprefix("v1,") for one in said.split(" ") if one.startswith("v1,")]
    if not (given and _IDENTIFIER.match(name) and _SECONDS.match(time)):
        return Unproven("malformed")
    text = f"{name}.{time}.".encode() + signed.raw
    wanted = (base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode() for key in keys)
    return _timely(time, now_ms, name) if _one_of(given, wanted) else Unproven("signature")


def _github(keys: Keys, signed: Signed, _now_ms: int) -> Proven | Unproven:
    """Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""
    said = signed.headers.get("x-hub-signature-256", "")
    if not said:
        return Unproven("unsigned")
    if not said.startswith("sha256="):
        return Unproven("malformed")
    wanted = (hmac.digest(key, signed.raw, hashlib.sha256).hex() for key in keys)
    return Proven(signed.digest) if _one_of([said.removeprefix("sha256=")], wanted) else Unproven("signature")


def _stripe(keys: Keys, signed: Signed, now_ms: int) -> Proven | Unproven:
    """Source: https://docs.stripe.com/webhooks/signature."""
    said = signed.headers.get("stripe-signature", "")
    if not said:
        return Unproven("unsigned")
    parts = [part.strip().partition("=")[::2] for part in said.split(",")]
    times = [value for name, value in parts if name == "t"]
    given = [value for name, value in parts if name == "v1"]
    if len(times) != 1 or not (given and _SECONDS.match(times[0])):
        return Unproven("malformed")
    text = f"{times[0]}.".encode() + signed.raw
    wanted = (hmac.digest(key, text, hashlib.sha256).hex() for key in keys)
    return _timely(times[0], now_ms, signed.digest) if _one_of(given, wanted) else Unproven("signature")


def _basic(keys: Keys, signed: Signed, _now_ms: int) -> Proven | Unproven:
    """Source: RFC 7617."""
    said = signed.headers.get("authorization", "")
    if not said:
        return Unproven("unsigned")
    try:
        login = base64.b64decode(said[len(_BASIC) :].strip(), validate=True)
    except (binascii.Error, ValueError):
        return Unproven("malformed")
    if not said.lower().startswith(_BASIC):
        return Unproven("malformed")
    return Proven(signed.digest) if _one_of([login], keys) else Unproven("signature")


_SCHEMES: Final[Mapping[Scheme, Callable[[Keys, Signed, int], Proven | Unproven]]] = {
    "standard": _standard,
    "github": _github,
    "stripe": _stripe,
    "basic": _basic,
}


def _timely(time: str, now_ms: int, covered: str) -> Proven | Unproven:
    """Judge the time of a delivery whose signature is right."""
    age_ms = now_ms - int(time) * 1000
    if age_ms > WEBHOOK_TOLERANCE_MS:
        return Unproven("old")
    return Unproven("future") if age_ms < -WEBHOOK_TOLERANCE_MS else Proven(covered)


def _one_of(given: Sequence[str] | Sequence[bytes], wanted: Iterable[str] | Iterable[bytes]) -> bool:
    """Whether one is among the others; all are compared, in the same time whatever they are."""
    right = [_hashed(one) for one in wanted]
    return sum(hmac.compare_digest(_hashed(one), other) for one in given[:WEBHOOK_SIGNATURES] for other in right) > 0


def _hashed(text: str | bytes) -> bytes:
    """Make texts of any length equally long, because a comparison shows how long they are."""
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")).digest()

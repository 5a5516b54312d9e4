"""Reads a JSON Web Token (RFC 7519) in its compact form, strictly. What is in it is not known to be true yet.

Whatever a token says of where its key is (`jwk`, `jku`, `x5u`, `x5c`) is not looked at: whoever made
the token could have made that too.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import JsonObject

from ..bounds import OIDC_NAME_CHARACTERS, OIDC_TOKEN_CHARACTERS
from .port import NotAccepted

_SEGMENTS: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}\Z", re.ASCII)
_TYPES: Final = frozenset({"jwt", "at+jwt"})
"""What an access token may call itself: RFC 9068, section 4, and what most issuers wrote before it."""
_CHANGES_THE_READING: Final = ("crit", "b64", "zip", "enc")
"""Headers that nobody can pass over who reads the rest (RFC 7515, section 4.1.11; RFC 7797)."""


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token that can be read: its algorithm, the name of its key, its claims, and what is signed by what.

    `kind` is what it calls itself in its header, in lower case: `at+jwt` is an access token, and `jwt` may be one.
    """

    algorithm: str
    kind: str
    key_id: str | None
    claims: JsonObject
    signed: bytes
    signature: bytes


def read_jwt(token: str) -> Jwt | NotAccepted:
    """Read a token, without verifying it."""
    if len(token) > OIDC_TOKEN_CHARACTERS:
        return _unreadable(f"is longer than {OIDC_TOKEN_CHARACTERS} characters")
    if not _SEGMENTS.match(token):
        return _unreadable("is no signed JSON Web Token of three parts")
    signed, _, last = token.rpartition(".")
    header, claims, signature = (_decoded(part) for part in (*signed.split("."), last))
    if header is None or claims is None or signature is None:
        return _unreadable("is no base64url")
    head, said = _object(header), _object(claims)
    if head is None or said is None:
        return _unreadable("holds no JSON objects that can be read, each member once")
    algorithm, key_id = head.get("alg"), head.get("kid")
    fault = _fault_of_header(head)
    if fault is not None or not isinstance(algorithm, str):
        return _unreadable(fault or "names no algorithm")
    return Jwt(algorithm, _kind(head), key_id if isinstance(key_id, str) else None, said, signed.encode(), signature)


def _fault_of_header(head: JsonObject) -> str | None:
    key_id, kind = head.get("kid", ""), head.get("typ", "JWT")
    if any(name in head for name in _CHANGES_THE_READING):
        return "demands an extension of JSON Web Tokens that is not spoken here"
    if not isinstance(key_id, str) or len(key_id) > OIDC_NAME_CHARACTERS:
        return "has no name of a key where it should have one"
    if not isinstance(kind, str) or _kind(head) not in _TYPES:
        return "is no access token by its `typ`"
    return None


def _kind(head: JsonObject) -> str:
    return str(head.get("typ", "JWT")).lower().removeprefix("application/")


def _decoded(text: str) -> bytes | None:
    """Decode base64url without padding; None for every text but the one that the same bytes are written as."""
    if len(text) % 4 == 1:
        return None
    content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return content if urlsafe_b64encode(content).rstrip(b"=") == text.encode() else None


def _object(content: bytes) -> JsonObject | None:
    read = JsonReader().read(content)
    if isinstance(read, Fault) or read.fault is not None or not isinstance(read.value, dict):
        return None
    return read.value


def _unreadable(problem: str) -> NotAccepted:
    return NotAccepted("malformed", f"The token {problem}.")

"""The public keys of an issuer: a JSON Web Key Set (RFC 7517), and what a signature of each proves.

Asymmetric algorithms alone. A key verifies by the algorithms that fit its own type and curve, whatever
a token says, so a public key is never taken for a shared secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import InvalidKeyError

from pointsman.contracts.values import Json, JsonObject

from ..bounds import OIDC_KEY_BITS, OIDC_KEYS, OIDC_NAME_CHARACTERS

_OF_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_FITTING: Final[dict[tuple[Json, Json], tuple[str, ...]]] = {
    ("RSA", None): _OF_RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),
}
"""What keys of a type and curve verify (RFC 7518, 8037 and 9864)."""
ALGORITHMS: Final = frozenset(name for names in _FITTING.values() for name in names)
_PRIVATE: Final = ("d", "k")


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A key, under the issuer's name for it, and the algorithms it verifies by."""

    id: str | None
    algorithms: frozenset[str]
    public: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether this key's owner signed this, by one of its algorithms."""
        return algorithm in self.algorithms and _implementation(algorithm).verify(signed, self.public, signature)


def read_key_set(document: JsonObject) -> tuple[VerificationKey, ...] | None:
    """Give the keys of a set that can be used here, and None where it is no set.

    Others are passed over (RFC 7517, section 5).
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        return None
    keys = (_key(one) for one in listed[:OIDC_KEYS])
    return tuple(key for key in keys if key is not None)


def keys_for(keys: Sequence[VerificationKey], key_id: str | None, algorithm: str) -> tuple[VerificationKey, ...]:
    """Give the keys that may have signed a token: those it names; where it names none, the only one there is."""
    fitting = tuple(key for key in keys if algorithm in key.algorithms and key_id in (None, key.id))
    return fitting if key_id is not None or len(fitting) == 1 else ()


def _key(jwk: Json) -> VerificationKey | None:
    if not isinstance(jwk, dict) or any(member in jwk for member in _PRIVATE):
        return None  # what should be secret is known to everybody who reads it
    key_id, use, operations, algorithm = (jwk.get(name) for name in ("kid", "use", "key_ops", "alg"))
    fitting = _FITTING.get(_kind(jwk), ())
    if algorithm is not None:
        fitting = tuple(name for name in fitting if name == algorithm)
    meant = use in (None, "sig") and (operations is None or (isinstance(operations, list) and "verify" in operations))
    named = key_id is None or (isinstance(key_id, str) and len(key_id) <= OIDC_NAME_CHARACTERS)
    public = _public(jwk, fitting[0]) if meant and named and fitting else None
    if public is None:
        return None
    return VerificationKey(key_id if isinstance(key_id, str) else None, frozenset(fitting), public)


def _kind(jwk: JsonObject) -> tuple[str, str | None]:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    return (kind if isinstance(kind, str) else "", curve if isinstance(curve, str) else None)


def _public(jwk: JsonObject, algorithm: str) -> RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | None:
    if not all(isinstance(jwk.get(member, ""), str) for member in ("n", "e", "x", "y")):
        return None
    try:
        key: object = _implementation(algorithm).from_jwk(jwk)
    except (InvalidKeyError, ValueError):  # no numbers in it, or none that make a key
        return None
    if isinstance(key, RSAPublicKey):
        return key if key.key_size in OIDC_KEY_BITS else None
    return key if isinstance(key, (EllipticCurvePublicKey, Ed25519PublicKey)) else None


@cache
def _implementation(algorithm: str) -> Algorithm:
    return get_default_algorithms()["EdDSA" if algorithm == "Ed25519" else algorithm]

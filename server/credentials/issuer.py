"""Tokens of an OIDC issuer: JSON Web Tokens that it signs, for whoever it knows. None of them is stored here."""

from __future__ import annotations

from ..clock import Clock
from .claims import judged
from .issuer_keys import IssuerKeys
from .jwts import Jwt, read_jwt
from .key_set import ALGORITHMS
from .oidc_settings import IssuerSettings
from .port import Identified, NotAccepted


class IssuerTokens:
    """Knows the tokens of an issuer. Fills the port `Authenticator`.

    Args:
        settings: Which issuer, what its tokens must be meant for, and what they say.
        keys: Its keys.
        clock: Tells whether a token has expired.
    """

    def __init__(self, settings: IssuerSettings, keys: IssuerKeys, clock: Clock) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock

    async def identify(self, token: str) -> Identified | NotAccepted:
        """Say whom a token names, and until when it does, with the leeway."""
        read = await verified(token, self._settings.issuer, self._keys)
        return read if isinstance(read, NotAccepted) else judged(read.claims, self._settings, self._clock.now_ms())


async def verified(token: str, issuer: str, keys: IssuerKeys) -> Jwt | NotAccepted:
    """Read a token whose signature is its issuer's.

    No key is asked for on the word of a token that says itself that it is another issuer's.
    """
    read = read_jwt(token)
    if isinstance(read, NotAccepted):
        return read
    if read.claims.get("iss") != issuer:
        return NotAccepted("issuer", "The token is not from the issuer that this server trusts.")
    if read.algorithm not in ALGORITHMS:
        return NotAccepted("signature", "The token is not signed by an algorithm with a public key.")
    known = await keys.of(read.key_id, read.algorithm)
    if isinstance(known, NotAccepted):
        return known
    if not any(key.verifies(read.algorithm, read.signed, read.signature) for key in known):
        return NotAccepted("signature", "The signature of the token is not its issuer's.")
    return read

"""Tokens made here beside those of an issuer: a token's shape says which it is."""

from __future__ import annotations

from .port import Authenticator, Identified, NotAccepted


class BothTokens:
    """Knows the tokens of two. Fills the port `Authenticator`.

    Args:
        minted: Knows those made here, which have no dot.
        issued: Knows those of an issuer, which are parts with dots between them.
    """

    def __init__(self, minted: Authenticator, issued: Authenticator) -> None:
        self._minted = minted
        self._issued = issued

    async def identify(self, token: str) -> Identified | NotAccepted:
        """Say whom a token names."""
        return await (self._issued if "." in token else self._minted).identify(token)

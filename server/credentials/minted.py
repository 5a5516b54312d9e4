"""Tokens that were made here: `pointsman token create`. What is stored of one is its hash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from pointsman.contracts.times import iso
from pointsman.fsm.session import Actor, ActorKind

from ..bounds import TOKEN_CHARACTERS
from ..clock import Clock
from ..store.principals import Principal, PrincipalKind, hash_token
from .port import Identified, NotAccepted

ByHash: TypeAlias = Callable[[str], Awaitable[Principal | None]]
"""Gives the principal a token's hash belongs to."""

PREFIXES: Final[dict[PrincipalKind, str]] = {"human": "pmh_", "agent": "pma_", "system": "pms_"}
"""What tokens begin with, so that they are recognised where they lie."""

_ACTORS: Final[dict[PrincipalKind, ActorKind]] = {"human": "human", "agent": "agent", "system": "external"}


class MintedTokens:
    """Knows the tokens of a database. Fills the port `Authenticator`."""

    def __init__(self, by_hash: ByHash, clock: Clock) -> None:
        self._by_hash = by_hash
        self._clock = clock

    async def identify(self, token: str) -> Identified | NotAccepted:
        """Say whom a token names. Its row is read every time, so that what is revoked opens nothing from then on."""
        if len(token) > TOKEN_CHARACTERS:
            return NotAccepted("malformed", "This is no token of this server.")
        found = await self._by_hash(hash_token(token))
        return opened(found, self._clock.now_ms())


def opened(found: Principal | None, now_ms: int) -> Identified | NotAccepted:
    """Say what the token of a principal opens now; None is for a token that nobody has."""
    if found is None:
        return NotAccepted("unknown", "This token is not one of this server's.")
    if found.revoked_at is not None:
        said = f"The token of {found.id} was revoked on {iso(found.revoked_at)}. Have another one made."
        return NotAccepted("revoked", said, found.id)
    if not found.valid_at(now_ms):
        return NotAccepted("expired", f"The token of {found.id} has expired. Have another one made.", found.id)
    actor = Actor(_ACTORS[found.kind], found.id, found.roles, found.owner, found.session)
    return Identified(actor, found.expires_at)

"""Who is signed in: what a browser holds, and whom it opens the console to.

A browser holds 256 random bits in a cookie that no script can read and that no page of another site can have sent.
A sign-in ends by itself, with the token it was begun with, or when its person ends it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from pointsman.fsm.session import Actor

from ..bounds import SIGN_IN_MS
from ..clock import Clock
from ..credentials.minted import opened
from ..credentials.port import Identified
from ..engines.embedded import EmbeddedEngine
from ..store.principals import Principal, hash_token, principal_by_token_hash
from ..store.sign_ins import SignIn, add_sign_in, end_sign_in, sign_in

COOKIE_CHARACTERS: Final = 43
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who is signed in.

    `forgery` is what every form of theirs brings along: a page elsewhere cannot know it. `expires_at` is when they
    have to sign in again, in milliseconds since the epoch.
    """

    actor: Actor
    forgery: str
    expires_at: int

    def made(self, forgery: str) -> bool:
        """Whether a form with this comes from a page of ours. Takes the same time whatever it is."""
        return hmac.compare_digest(self.forgery.encode(), forgery.encode("utf-8", "surrogatepass"))


class SignIns:
    """The sign-ins of a database."""

    def __init__(self, engine: EmbeddedEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, person: Identified, token: str | None = None) -> tuple[str, int]:
        """Sign a person in, and give what their browser is to hold, and for how long, in milliseconds.

        Args:
            person: Who has shown who they are.
            token: By which token of this server; None where an issuer vouches for them.
        """
        now_ms = self._clock.now_ms()
        held = secrets.token_urlsafe(_SECRET_BYTES)
        ends = now_ms + SIGN_IN_MS if person.expires_at is None else min(now_ms + SIGN_IN_MS, person.expires_at)
        token_hash = None if token is None else hash_token(token)
        roles = () if token is not None else person.actor.roles
        begun = SignIn(_hash(held), person.actor.id, token_hash, roles, now_ms, ends)
        await self._engine.writing(add_sign_in, begun)
        return held, ends - now_ms

    async def of(self, held: str) -> SignedIn | None:
        """Give who is signed in with what a browser holds. What has ended since then opens nothing any more."""
        if len(held) != COOKIE_CHARACTERS:
            return None
        found, principal = await self._engine.reading(_found, _hash(held))
        now_ms = self._clock.now_ms()
        if found is None or now_ms >= found.expires_at:
            return None
        actor = Actor("human", found.principal, found.roles)
        if found.token_hash is not None:
            person = opened(principal, now_ms)
            if not isinstance(person, Identified) or person.actor.kind != "human":
                return None
            actor = person.actor
        return SignedIn(actor, hmac.digest(held.encode(), b"forgery", hashlib.sha256).hex(), found.expires_at)

    async def end(self, held: str) -> None:
        """Sign somebody out."""
        await self._engine.writing(end_sign_in, _hash(held))


def _found(connection: Connection, id_hash: str) -> tuple[SignIn | None, Principal | None]:
    found = sign_in(connection, id_hash)
    token_hash = None if found is None else found.token_hash
    return found, None if token_hash is None else principal_by_token_hash(connection, token_hash)


def _hash(held: str) -> str:
    """Give what is stored of what a browser holds. It has no salt, because it is random."""
    return "sha256:" + hashlib.sha256(held.encode("utf-8", "surrogatepass")).hexdigest()

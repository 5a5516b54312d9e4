"""The port between a server and whoever knows tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pointsman.fsm.session import Actor

Reason: TypeAlias = Literal[
    "malformed",
    "unknown",
    "expired",
    "revoked",
    "signature",
    "issuer",
    "audience",
    "early",
    "unavailable",
    "kind",
    "state",
    "denied",
    "code",
    "nonce",
]


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom a token names, and until when it does: milliseconds since the epoch, or None for no end."""

    actor: Actor
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Why a token opens nothing: in a word for the audit, in words for its holder.

    `principal` is whom it named once. The reason `unavailable` says that nobody could be asked, which may pass.
    """

    reason: Reason
    message: str
    principal: str | None = None


class Authenticator(Protocol):
    """Knows tokens."""

    async def identify(self, token: str) -> Identified | NotAccepted:
        """Say whom a token names."""
        ...

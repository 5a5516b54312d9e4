"""The wiring of a site: what answers over HTTP for a governor, and who knows the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pointsman.fsm.session import Actor

from ..credentials.minted import MintedTokens
from ..errors import StoreError
from ..identity import local_principal
from ..mcp_server import Era
from ..store.principals import Principal, principal_by_token_hash
from ..surfaces.choosing import SurfaceChoice
from .site import Site

if TYPE_CHECKING:
    from ..governor import Governor


def wired(governor: Governor, surface: SurfaceChoice, era: Era, session: str | None, *, tokens: bool) -> Site:
    """Put a site together.

    Args:
        governor: Answers every call.
        surface: Which shape of the tool list MCP clients are shown.
        era: `handshake` speaks no other.
        session: A session that is bound to every connection of MCP.
        tokens: Whether a token is needed. Where none is, whoever has none is an agent of the user who started this.
    """
    engine = governor.engine

    async def by_hash(token_hash: str) -> Principal | None:
        return await engine.reading(principal_by_token_hash, token_hash)

    async def is_ready() -> bool:
        try:
            await engine.reading(principal_by_token_hash, "")
        except StoreError:
            return False
        return True

    return Site(
        governed=governor,
        authenticator=MintedTokens(by_hash, governor.clock),
        is_ready=is_ready,
        tokenless=None if tokens else Actor("agent", local_principal()),
        surface=surface,
        era=era,
        session=session,
    )

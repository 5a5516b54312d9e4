"""The wiring of a site: what answers over HTTP for a governor, and who knows the tokens."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pointsman.fsm.session import Actor

from ..credentials.minted import MintedTokens
from ..elicitation.people import TokenOwners
from ..errors import StoreError
from ..identity import local_principal
from ..inquiry import Inquiry
from ..mcp_server import Era
from ..store.principals import Principal, principal, principal_by_token_hash
from ..surfaces.choosing import SurfaceChoice
from ..triggers.handles import Handles
from ..triggers.webhooks import Webhooks
from .api.routes import api_routes
from .hooks import Hooks
from .outside import outside_routes
from .rates import OF_REQUESTS, Rate
from .site import Site

if TYPE_CHECKING:
    from ..clock import Clock
    from ..console.issuer_signing import Issuer
    from ..credentials.issuer_keys import IssuerKeys
    from ..credentials.oidc_settings import IssuerSettings
    from ..credentials.port import Authenticator
    from ..engines.embedded import EmbeddedEngine
    from ..governor import Governor


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which tokens are taken, and how often.

    Attributes:
        demanded: Whether a token is needed. Where none is, whoever has none is an agent of the user who started this.
        issuer: Whose tokens are taken beside those made here, if anybody's.
        rate: How often each principal may ask.
    """

    demanded: bool
    issuer: IssuerSettings | None = None
    rate: Rate = OF_REQUESTS


@asynccontextmanager
async def wired(
    governor: Governor, surface: SurfaceChoice, era: Era, session: str | None, credentials: Credentials, base: str
) -> AsyncGenerator[Site]:
    """Put a site together, and keep what it needs for as long as it is served.

    Args:
        governor: Answers every call.
        surface: Which shape of the tool list MCP clients are shown.
        era: `handshake` speaks no other.
        session: A session that is bound to every connection of MCP.
        credentials: Which tokens are taken.
        base: Where clients reach it.

    Raises:
        SecretMissing: the secret of a webhook, or of the issuer's client, is not in the environment.
    """
    engine, handles = governor.engine, Handles(governor.engine)
    hooks = Hooks(Webhooks(governor, handles, os.environ), governor.clock.now_ms)

    async def by_hash(token_hash: str) -> Principal | None:
        return await engine.reading(principal_by_token_hash, token_hash)

    async def by_name(name: str) -> Principal | None:
        return await engine.reading(principal, name)

    async with AsyncExitStack() as stack:
        authenticator: Authenticator = MintedTokens(by_hash, governor.clock)
        issuer, entrance = credentials.issuer, None
        if issuer is not None:
            from ..credentials.both import BothTokens
            from ..credentials.issuer import IssuerTokens
            from ..credentials.issuer_keys import open_issuer_keys

            keys = await stack.enter_async_context(open_issuer_keys(issuer.issuer))
            issued = IssuerTokens(replace(issuer, url=base), keys, governor.clock)
            authenticator = BothTokens(authenticator, issued)
            entrance = _entrance(issuer, keys, governor.clock, base)
        from ..console.routes import console_routes  # pages are made by what stdio has no use for

        inquiry = Inquiry(governor)
        console = console_routes(governor, inquiry, base, entrance)
        yield Site(
            governed=governor,
            authenticator=authenticator,
            is_ready=partial(_is_ready, engine),
            tokenless=None if credentials.demanded else Actor("agent", local_principal()),
            surface=surface,
            era=era,
            session=session,
            people=TokenOwners(by_name, governor.clock.now_ms),
            rate=credentials.rate,
            issuer=None if issuer is None else issuer.issuer,
            routes=[*api_routes(inquiry), *outside_routes(governor, handles, hooks), *console],
        )


def _entrance(settings: IssuerSettings, keys: IssuerKeys, clock: Clock, base: str) -> Issuer | None:
    """Give with whom people sign in to the console, if they may with the issuer."""
    if settings.sign_in is None:
        return None
    from ..console.issuer_signing import CALLBACK, Issuer
    from ..credentials.code_flow import CodeFlow, client_secret

    secret = client_secret(settings.sign_in, os.environ)
    flow = CodeFlow(settings, settings.sign_in, secret, keys, clock, base + CALLBACK)
    return Issuer(urlsplit(settings.issuer).netloc, flow)


async def _is_ready(engine: EmbeddedEngine) -> bool:
    """Whether the database answers."""
    try:
        await engine.reading(principal_by_token_hash, "")
    except StoreError:
        return False
    return True

"""Tokens shown to whoever knows an issuer's, with clocks that the test owns."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pointsman.contracts.values import Json
from pointsman.server.credentials.issuer import IssuerTokens
from pointsman.server.credentials.issuer_keys import IssuerKeys
from pointsman.server.credentials.oidc_settings import IssuerSettings, IssuerTable, issuer_settings
from pointsman.server.credentials.port import Identified, NotAccepted
from pointsman.tools.openapi.client import open_client
from tests.server.credentials.local_issuer import AUDIENCE, LocalIssuer, local_issuer


@dataclass
class Clocks:
    """The time of day, and a clock that never goes back; both stand still."""

    now_s: float
    passed_s: float = field(default=1_000.0)

    def now_ms(self) -> int:
        return int(self.now_s * 1000)

    def monotonic(self) -> float:
        return self.passed_s

    def advance(self, by_s: float) -> None:
        self.now_s += by_s
        self.passed_s += by_s


@dataclass
class Shown:
    """An issuer, and who knows its tokens."""

    issuer: LocalIssuer
    clocks: Clocks
    settings: IssuerSettings
    keys: IssuerKeys

    async def identify(self, token: str, **settings: object) -> Identified | NotAccepted:
        """Show a token, perhaps under other settings."""
        return await IssuerTokens(replace(self.settings, **settings), self.keys, self.clocks).identify(token)  # type: ignore[arg-type] # the test knows their types

    async def accepted(self, **claims: Json) -> Identified:
        """Show a token with these claims, which is taken."""
        found = await self.identify(self.issuer.token(**claims))
        assert isinstance(found, Identified), found
        return found


def settings_of(issuer: str) -> IssuerSettings:
    """How Acme's issuer is trusted."""
    return issuer_settings(
        IssuerTable(
            issuer,
            AUDIENCE,
            roles_claim="realm_access.roles",
            roles={"ap-managers": "accounts_payable_manager", "auditors": ("auditor", "reader")},
            people={"azp": "console"},
            systems={"azp": ("erp-bridge",)},
        )
    )


@asynccontextmanager
async def shown_to() -> AsyncGenerator[Shown]:
    """Run an issuer, and trust it."""
    async with local_issuer() as issuer, open_client() as client:
        clocks = Clocks(issuer.now_s)
        keys = IssuerKeys(issuer.url, client, clocks.monotonic)
        try:
            yield Shown(issuer, clocks, settings_of(issuer.url), keys)
        finally:
            await keys.aclose()


def reason(found: Identified | NotAccepted) -> str:
    """Why a token was not taken."""
    return found.reason if isinstance(found, NotAccepted) else f"accepted as {found.actor}"

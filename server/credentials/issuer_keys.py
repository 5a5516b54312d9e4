"""Keeps the keys of an issuer, and where people sign in with it: found by its own configuration, read again as they
age and rotate.

One reading serves all who wait for it. An issuer that cannot be reached stops nobody whose key is
known, for an hour; what is not known then is `unavailable`, never accepted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import structlog

from pointsman.tools.clocks import MonotonicClock
from pointsman.tools.openapi.client import open_client

from ..bounds import OIDC_KEYS_FRESH_MS, OIDC_KEYS_KEPT_MS, OIDC_READ_AGAIN_MS, OIDC_READ_MS, OIDC_RETRY_MS
from .issuer_documents import Endpoints, IssuerDocuments, IssuerNotRead
from .key_set import VerificationKey, keys_for, read_key_set
from .port import NotAccepted

_log = structlog.get_logger(__name__)


class IssuerKeys:
    """The keys of one issuer, and where people sign in with it.

    Args:
        issuer: Its identifier.
        client: Reads its documents.
        clock: Tells how old the keys are.
    """

    def __init__(self, issuer: str, client: httpx2.AsyncClient, clock: MonotonicClock = time.monotonic) -> None:
        self.documents = IssuerDocuments(issuer, client)
        self._clock = clock
        self._keys: tuple[VerificationKey, ...] = ()
        self._endpoints: Endpoints | None = None
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._failed = False
        self._reading: asyncio.Task[None] | None = None

    async def of(self, key_id: str | None, algorithm: str) -> tuple[VerificationKey, ...] | NotAccepted:
        """Give the keys that may have signed a token which names this key and algorithm; never none."""
        if self._age_ms(self._read_at) > OIDC_KEYS_FRESH_MS:
            await self.read()
        found = self._known(key_id, algorithm)
        if not found:
            await self.read()
            found = self._known(key_id, algorithm)
        if found:
            return found
        if self._failed or self._age_ms(self._read_at) > OIDC_KEYS_KEPT_MS:
            return NotAccepted("unavailable", "The issuer of the token cannot be asked for its keys now. Try again.")
        return NotAccepted("signature", "The token is signed with a key that its issuer does not publish.")

    async def endpoints(self) -> Endpoints | NotAccepted:
        """Give where people sign in with it."""
        if self._age_ms(self._read_at) > OIDC_KEYS_FRESH_MS:
            await self.read()
        if self._age_ms(self._read_at) > OIDC_KEYS_KEPT_MS:
            return NotAccepted("unavailable", "The issuer cannot be asked where people sign in with it. Try again.")
        if self._endpoints is None:
            return NotAccepted("unavailable", "The issuer's configuration does not say where people sign in with it.")
        return self._endpoints

    async def read(self) -> None:
        """Read the keys, unless that has just been tried."""
        if self._reading is None:
            wait_ms = OIDC_RETRY_MS if self._failed else OIDC_READ_AGAIN_MS
            if self._age_ms(self._tried_at) < wait_ms:
                return
            self._tried_at = self._clock()
            self._reading = asyncio.create_task(self._read())
        await asyncio.wait({self._reading})  # who waits may be cancelled; others wait on

    async def aclose(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    def _known(self, key_id: str | None, algorithm: str) -> tuple[VerificationKey, ...]:
        return keys_for(self._keys, key_id, algorithm) if self._age_ms(self._read_at) <= OIDC_KEYS_KEPT_MS else ()

    def _age_ms(self, moment_s: float | None) -> float:
        return float("inf") if moment_s is None else (self._clock() - moment_s) * 1000

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(OIDC_READ_MS / 1000):
                self._keys, self._endpoints = await self._published()
        except (IssuerNotRead, TimeoutError) as error:
            self._failed = True
            problem = str(error) or f"the issuer has not answered within {OIDC_READ_MS // 1000} s"
            _log.warning("keys of the issuer not read", issuer=self.documents.issuer, problem=problem)
        else:
            self._failed, self._read_at = False, self._clock()
            _log.info("keys of the issuer read", issuer=self.documents.issuer, keys=len(self._keys))
        finally:
            self._reading = None

    async def _published(self) -> tuple[tuple[VerificationKey, ...], Endpoints | None]:
        configuration = await self.documents.configuration()
        at = self.documents.address(configuration, "jwks_uri")
        if at is None:
            raise IssuerNotRead("its configuration names no address of keys (`jwks_uri`) that begins with https://")
        keys = read_key_set(await self.documents.document(at))
        if not keys:
            raise IssuerNotRead(
                "it publishes no key that could be used: RSA from 2048 bits, P-256 to P-521, or Ed25519"
            )
        return keys, self.documents.endpoints(configuration)


@asynccontextmanager
async def open_issuer_keys(issuer: str) -> AsyncGenerator[IssuerKeys]:
    """Keep the keys of an issuer. They are asked for at once, and nobody waits for them before they are needed."""
    async with open_client() as client:
        keys = IssuerKeys(issuer, client)
        first = asyncio.create_task(keys.read())
        try:
            yield keys
        finally:
            await keys.aclose()
            await first

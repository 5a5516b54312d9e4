"""Keeps the keys of an issuer: found by its own configuration, read again as they age and rotate.

One reading serves all who wait for it. An issuer that cannot be reached stops nobody whose key is
known, for an hour; what is not known then is `unavailable`, never accepted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import httpx2
import structlog

from pointsman.contracts.bounds import (
    OIDC_DOCUMENT_BYTES,
    OIDC_KEYS_FRESH_MS,
    OIDC_KEYS_KEPT_MS,
    OIDC_READ_AGAIN_MS,
    OIDC_READ_MS,
    OIDC_RETRY_MS,
)
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import visible
from pointsman.tools.clocks import MonotonicClock
from pointsman.tools.errors import ToolError, UnkeepableResult
from pointsman.tools.openapi.client import exchange, open_client

from ..addresses import is_loopback
from .key_set import VerificationKey, keys_for, read_key_set
from .oidc_settings import refused_address
from .port import NotAccepted

CONFIGURATION_PATH: Final = "/.well-known/openid-configuration"
"""What an issuer's configuration has its address from (OpenID Connect Discovery 1.0, section 4)."""

_log = structlog.get_logger(__name__)


class KeysNotRead(PointsmanError):
    """The issuer's keys cannot be read."""


class IssuerKeys:
    """The keys of one issuer.

    Args:
        issuer: Its identifier.
        client: Reads its documents.
        clock: Tells how old the keys are.
    """

    def __init__(self, issuer: str, client: httpx2.AsyncClient, clock: MonotonicClock = time.monotonic) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._keys: tuple[VerificationKey, ...] = ()
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
                self._keys = await self._published()
        except (KeysNotRead, TimeoutError) as error:
            self._failed = True
            problem = str(error) or f"the issuer has not answered within {OIDC_READ_MS // 1000} s"
            _log.warning("keys of the issuer not read", issuer=self._issuer, problem=problem)
        else:
            self._failed, self._read_at = False, self._clock()
            _log.info("keys of the issuer read", issuer=self._issuer, keys=len(self._keys))
        finally:
            self._reading = None

    async def _published(self) -> tuple[VerificationKey, ...]:
        configuration = await self._document(self._issuer.removesuffix("/") + CONFIGURATION_PATH)
        issuer, at = configuration.get("issuer"), configuration.get("jwks_uri")
        if issuer != self._issuer:
            raise KeysNotRead(
                f"its configuration says that it is {visible(str(issuer)[:200])!r}; write `issuer` as it does"
            )
        if not isinstance(at, str) or refused_address(at) or (is_loopback(at) and not is_loopback(self._issuer)):
            raise KeysNotRead("its configuration names no address of keys (`jwks_uri`) that begins with https://")
        keys = read_key_set(await self._document(at))
        if not keys:
            raise KeysNotRead("it publishes no key that could be used: RSA from 2048 bits, P-256 to P-521, or Ed25519")
        return keys

    async def _document(self, address: str) -> JsonObject:
        try:
            request = self._client.build_request("GET", address, headers={"accept": "application/json"})
            answer = await exchange(self._client, request, _nothing_to_tell, OIDC_DOCUMENT_BYTES)
        except (ToolError, UnkeepableResult, httpx2.InvalidURL) as error:
            raise KeysNotRead(f"{address}: {error}") from error
        if answer.status != HTTPStatus.OK:
            raise KeysNotRead(f"{address} answers {answer.status}")
        read = JsonReader().read(answer.body)
        if isinstance(read, Fault) or read.fault is not None or not isinstance(read.value, dict):
            raise KeysNotRead(f"{address} gives no JSON object")
        return read.value


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


def _nothing_to_tell() -> None:
    """Reading a document can be taken back."""

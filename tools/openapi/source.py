"""The `openapi` source: the operations of one document. Fills the port `ToolSource`.

What the end of a call means, in the words of `calling`:

| end | raised | read | write |
|---|---|---|---|
| the document cannot be had, so nothing was sent | `NotReached` | failed, retried | failed, retried |
| the server cannot be reached, so nothing was sent | `NotReached` | failed, retried | failed, retried |
| the operation is not pinned, or not what was pinned; an argument cannot be sent | `NothingDone` | failed | failed |
| the time is up, and the request was not sent | | failed | failed |
| a status that begins with 2 | | done | done |
| 425, 429, or a status that begins with 5 | `ToolError` | failed, retried | unknown |
| 408, 502, 503, 504, 520 and above: a gateway's | `ConnectionLost` | failed, retried | unknown, perhaps under way |
| any other status, a redirect among them | `NothingDone`, `ToolError` of a write | failed | unknown |
| the connection broke after the request was sent | `ConnectionLost` | failed, retried | unknown, perhaps under way |
| an answer that is too long, packed, or not what it or the document says | `UnkeepableResult` | failed | unknown |
| the time is up after the request was sent | | failed, retried | unknown |

Of a write only what certainly was not sent has failed: a status proves nothing, because nobody knows
what stands between us and the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx2

from pointsman.contracts.bounds import DOWNSTREAM_START_MS, OPENAPI_DOCUMENT_AGE_MS
from pointsman.contracts.lock import LockedSource
from pointsman.contracts.schemas import Schema
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolDefinition, ToolPolicy
from pointsman.fsm.facts import CallResult

from ..calling import Calls
from ..clocks import MonotonicClock, Sleep
from ..errors import ConnectionLost, NothingDone, NotReached, SourceError, ToolError
from ..offers import Offer
from ..pins import Pins
from ..rates import Rates
from ..results import Answer
from ..running import Begun, InLoop, Running
from ..source import CallContext
from .addresses import Address
from .answers import result_of, succeeded, wait_of, words_of
from .client import exchange, open_client
from .document import read_document
from .operations import Hidden, Operations, operations_of
from .requests import call_of
from .settings import HEADER_NAME, HEADER_VALUE, OURS, Settings

_AGAIN: Final = frozenset({425, 429})
"""Statuses that say that the same request may be answered otherwise later (RFC 8470, RFC 6585)."""
_SERVER_ERROR: Final = 500
_BETWEEN: Final = frozenset({408, 502, 503, 504})
"""Statuses of whatever stands between us and the server, which may be at it still (RFC 9110, section 15.6)."""
_FIRST_OF_GATEWAYS: Final = 520
"""From here on statuses are the gateways' own."""


class OpenapiSource:
    """The operations of one document.

    Args:
        name: The source's name.
        settings: Where the document and its operations are.
        pins: What was pinned of them; nothing else is offered or called.
        rates: What counts its calls, where other texts of the workflow share it.
        sleep: Waits, in seconds.
        clock: What tells the time, in seconds.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        pins: LockedSource | None,
        *,
        rates: Rates | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._name = name
        self._settings = settings
        self._pins = Pins(name, pins)
        self._clock = clock
        self._calls = Calls(rates or Rates(sleep, clock), sleep, clock)
        self._client: httpx2.AsyncClient | None = None
        self._reading = asyncio.Lock()
        self._read: _Read | None = None

    async def definitions(self) -> Sequence[ToolDefinition]:
        """Give every operation that was pinned. The document is not read: the first call does that.

        Raises:
            SourceError: nothing was pinned.
        """
        return self._pins.offered()

    async def offer(self) -> Offer:
        """Give what the document offers.

        Raises:
            SourceError: the document cannot be had.
        """
        return (await self._current()).operations.offer

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call `source.operation` with these arguments."""

        def begin(_attempt: int) -> Running:
            return InLoop(lambda begun: self._ask(tool, arguments, policy, context, begun))

        return await self._calls.run(begin, policy, context)

    async def prepare(self) -> None:
        """Read the document, if that has not been done lately, and compare it with what was pinned.

        Raises:
            SourceError: it cannot be had.
        """
        await self._current()

    def quarantined(self) -> Mapping[str, str]:
        """Give the operations that are not what was pinned, as far as the document has been read."""
        return self._pins.quarantined

    async def aclose(self) -> None:
        """Give up what runs, and close all connections. Later calls fail."""
        self._calls.stop()
        if self._client is not None:
            await self._client.aclose()

    async def _ask(
        self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext, begun: Begun
    ) -> Answer:
        pinned = self._pins.pinned(tool)
        try:
            read = await self._current()
        except SourceError as error:
            raise NotReached(f"{tool} was not called. {error}") from error
        self._pins.require_unchanged(tool)
        await context.require_ours()  # the document may have taken long to read
        try:
            headers = {**self._settings.headers, **_key_header(policy, context)}
            call = call_of(read.operations.plans[tool], arguments, read.base, headers)
            client = await self._opened()
            request = client.build_request(call.method, call.url, headers=dict(call.headers), content=call.content)
            answer = await exchange(client, request, begun)
        except NotReached as error:
            raise NotReached(f"{tool} was not called: {error}.") from error
        except NothingDone as error:
            raise NothingDone(f"{tool} was not called: {error}.") from error
        except ConnectionLost as error:
            raise ConnectionLost(f"{tool} was called, and {error}.") from error
        if succeeded(answer):
            output = pinned.output_schema
            return Answer(result_of(answer, None if output is None else Schema(output)))
        refused = _refused(answer.status, policy, f"{tool} answered with {words_of(answer, self._settings.secrets)}")
        refused.again_ms = wait_of(answer)
        raise refused

    async def _current(self) -> _Read:
        """Give what the document says, read again if that is long ago."""
        async with self._reading:
            read = self._read
            if read is None or self._clock() - read.at_s > OPENAPI_DOCUMENT_AGE_MS / 1000:
                read = self._read = await self._read_again()
                self._pins.compare(read.operations.offer)
            return read

    async def _read_again(self) -> _Read:
        try:
            async with asyncio.timeout(DOWNSTREAM_START_MS / 1000):
                document = await read_document(await self._opened(), self._settings)
            hidden = _given(self._settings, document.base)
            operations = await asyncio.to_thread(operations_of, self._name, document.root, document.server, hidden)
        except TimeoutError as error:
            message = f"The document of the source {self._name!r} was not there within {DOWNSTREAM_START_MS} ms."
            raise SourceError(message) from error
        except SourceError as error:
            raise SourceError(f"The document of the source {self._name!r} cannot be used: {error}.") from error
        return _Read(operations, document.base, self._clock())

    async def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = await asyncio.to_thread(open_client)  # it reads the certificates of the whole world
        return self._client


@dataclass(frozen=True, slots=True)
class _Read:
    """What a document said, and when it was read, in seconds."""

    operations: Operations
    base: Address
    at_s: float


def _refused(status: int, policy: ToolPolicy, message: str) -> ToolError:
    if status in _BETWEEN or status >= _FIRST_OF_GATEWAYS:
        return ConnectionLost(message)
    if policy.effect == "write" or status in _AGAIN or status >= _SERVER_ERROR:
        return ToolError(message)
    return NothingDone(message)


def _given(settings: Settings, base: Address) -> Hidden:
    """Name what every call is sent, and no caller is asked for."""
    crumbs = settings.headers.get("cookie", "").split(";")
    return Hidden(
        frozenset(
            {
                *(("header", name) for name in settings.headers),
                *(("cookie", crumb.partition("=")[0].strip()) for crumb in crumbs),
                *(("query", name) for name in base.query_names),
            }
        )
    )


def _key_header(policy: ToolPolicy, context: CallContext) -> Mapping[str, str]:
    """Give the idempotency key as the header that the workflow names, if it names one."""
    name = policy.key_name("header")
    if name is None or context.key is None:
        return {}
    if not HEADER_NAME.match(name) or name.lower() in OURS or not HEADER_VALUE.match(context.key):
        raise NothingDone(f"its key cannot be sent as the header {name!r}; mend `deliver` of its `key`")
    return {name.lower(): context.key}

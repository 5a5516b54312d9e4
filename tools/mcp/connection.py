"""Keeps one connection to a downstream server: opened when it is needed, and again when it has ended.

The SDK's client lives in a task of its own here, because its scopes must be left where they were
entered. A server that ends is started again by the next call; one that keeps ending is waited for
longer each time, so that it cannot keep us busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final, TypeAlias, cast

import anyio
import structlog
from mcp.client import Client, ClientSession, IncomingMessage, Transport
from mcp.client.subscriptions import SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp_types import Implementation, LoggingMessageNotificationParams, ToolListChangedNotification
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from pointsman.contracts.bounds import (
    DOWNSTREAM_LOG_CHARACTERS,
    DOWNSTREAM_LOG_LINES_PER_MINUTE,
    DOWNSTREAM_RESTART_MS,
    DOWNSTREAM_STEADY_MS,
)
from pointsman.contracts.visible import visible

from ..clocks import MonotonicClock, Sleep
from ..conversation import ROOTS, SAMPLE
from ..errors import SourceError
from ..offers import Offer
from .definitions import listed
from .process import OnEnd
from .questions import Questions
from .rates import PerMinute

Connect: TypeAlias = Callable[[OnEnd], AbstractAsyncContextManager[Transport]]
"""Makes the way to the server; what it is given is told when that way has ended."""

Heard: TypeAlias = Callable[[Offer], None]
"""Told what the server offers, each time that it was asked."""

_FIRST_WAIT_MS: Final = 250
_CAUSE_CHARACTERS: Final = 500

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Live:
    """An open connection: the session, and what the server offered when it was last asked."""

    session: ClientSession
    offer: Offer
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached, who is told what it offers, and who answers what it asks."""

    connect: Connect
    heard: Heard
    questions: Questions


class Connection:
    """The connection of one source.

    Args:
        source: The source's name.
        way: How its server is reached, and who hears what it says.
        start_ms: From opening that way to having read the list of tools, in milliseconds.
        sleep: Waits, in seconds.
        clock: What tells the time, in seconds.
    """

    def __init__(self, source: str, way: Way, start_ms: int, sleep: Sleep, clock: MonotonicClock) -> None:
        self._source = source
        self._way = way
        self._start_ms = start_ms
        self._sleep = sleep
        self._clock = clock
        self._lines = PerMinute(DOWNSTREAM_LOG_LINES_PER_MINUTE, clock)
        self._live: Live | None = None
        self._opening: asyncio.Task[Live] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._relisting: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._starting: anyio.CancelScope | None = None
        self._ends = 0
        self._ended_s = 0.0

    async def live(self) -> Live:
        """Give the connection, opened if it is not.

        Raises:
            SourceError: the server cannot be had; the message says why.
        """
        if self._closing.is_set():
            raise SourceError(f"The source {self._source!r} is closed.")
        if self._live is not None and not self._live.ended.is_set():
            return self._live
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open(), name=f"{self._source} opening")
            self._opening.add_done_callback(_retrieve)
        return await asyncio.shield(self._opening)

    async def aclose(self) -> None:
        """End the connection, and with it a server that was started for it."""
        self._closing.set()
        if self._starting is not None:
            self._starting.cancel()
        if self._relisting is not None:
            self._relisting.cancel()
        running = [task for task in (self._relisting, self._opening, self._keeper) if task is not None]
        if running:
            await asyncio.wait(running)

    async def _open(self) -> Live:
        if self._keeper is not None:
            await asyncio.wait([self._keeper])  # the server before is ended first: it may hold what the next one needs
        if self._ends > 1:
            wait_ms = min(_FIRST_WAIT_MS * 2 ** min(self._ends - 2, 16), DOWNSTREAM_RESTART_MS)
            await self._sleep(max(0.0, self._ended_s + wait_ms / 1000 - self._clock()))
        if self._closing.is_set():
            raise SourceError(f"The source {self._source!r} is closed.")
        opened: asyncio.Future[Live] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(opened), name=f"{self._source} connection")
        self._live = await opened
        return self._live

    async def _keep(self, opened: asyncio.Future[Live]) -> None:
        """Hold the connection open until it ends or we do."""
        started_s = self._clock()
        ended = asyncio.Event()
        causes: list[str] = []

        def end(cause: str) -> None:
            causes.append(cause)
            ended.set()

        try:
            with anyio.CancelScope(deadline=anyio.current_time() + self._start_ms / 1000) as starting:
                self._starting = starting
                async with self._way.connect(end) as transport, self._client(transport) as client:
                    offer = await listed(self._source, client.session)
                    starting.deadline, self._starting = float("inf"), None
                    self._way.heard(offer)
                    live = Live(client.session, offer, ended)
                    opened.set_result(live)
                    await self._while_open(client, live)
            if starting.cancelled_caught:
                causes.append(f"it was not ready within {self._start_ms} ms")
        except Exception as error:  # noqa: BLE001 - whatever a server does wrong while it starts is its end, told to who waits
            causes.append(_cause(error))
        finally:
            ended.set()
            self._ends = 1 if self._clock() - started_s >= DOWNSTREAM_STEADY_MS / 1000 else self._ends + 1
            self._ended_s = self._clock()
            cause = causes[0] if causes else "it was closed"
            if not opened.done():
                opened.set_exception(SourceError(f"The server of the source {self._source!r} cannot be had: {cause}."))
            if not self._closing.is_set():
                _log.warning("downstream connection ended", source=self._source, cause=cause)

    def _client(self, transport: Transport) -> Client:
        questions = self._way.questions
        return Client(
            transport,
            client_info=Implementation(name="pointsman", version=version("pointsman")),
            message_handler=self._on_message,
            elicitation_callback=questions.asked,
            sampling_callback=questions.sampled if questions.takes(SAMPLE) else None,
            list_roots_callback=questions.rooted if questions.takes(ROOTS) else None,
            logging_callback=self._on_log,
            log_level="info",
            cache=None,
        )

    async def _while_open(self, client: Client, live: Live) -> None:
        """Follow the server's list of tools until its end or ours."""
        following = asyncio.create_task(self._follow(client))
        waits = [asyncio.create_task(live.ended.wait()), asyncio.create_task(self._closing.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (following, *waits):
                task.cancel()
            await asyncio.gather(following, *waits, return_exceptions=True)

    async def _follow(self, client: Client) -> None:
        """Hear of changed lists in the modern era, where that must be asked for. A server may not tell."""
        if client.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return
        with suppress(MCPError, SubscriptionLost, TimeoutError):
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self._ask_again()

    async def _on_message(self, message: IncomingMessage) -> None:
        """Ask for the tools again when the server says that they have changed."""
        if isinstance(message, ToolListChangedNotification):
            self._ask_again()

    async def _on_log(self, params: LoggingMessageNotificationParams) -> None:
        """Log what the server has for a log, as its standard error, and pass it on to who waits for its only call."""
        if self._lines.admit():
            text = params.data if isinstance(params.data, str) else repr(params.data)
            line = visible(text[:DOWNSTREAM_LOG_CHARACTERS])
            _log.info("downstream says", source=self._source, level=params.level, line=line)
            if (talk := self._way.questions.only) is not None:
                await talk.log(params.level, params.data, self._source)
        elif self._lines.refused == 1:
            _log.warning("downstream logs too much; the rest of this minute is left out", source=self._source)

    def _ask_again(self) -> None:
        if self._relisting is None or self._relisting.done():
            self._relisting = asyncio.create_task(self._relist(), name=f"{self._source} tools")

    async def _relist(self) -> None:
        live = self._live
        if live is None or live.ended.is_set():
            return
        try:
            live.offer = await listed(self._source, live.session)
            self._way.heard(live.offer)
            _log.info("downstream tools have changed", source=self._source, tools=len(live.offer.tools))
        except (MCPError, SourceError) as error:
            live.ended.set()
            _log.warning("downstream tools cannot be read", source=self._source, cause=_cause(error))


def _cause(error: BaseException) -> str:
    """Say in one line why a server could not be had. Its own words are made visible and cut."""
    if isinstance(error, BaseExceptionGroup):
        return _cause(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    if isinstance(error, MCPError | SourceError):
        return visible(str(error))[:_CAUSE_CHARACTERS]
    text = str(error) if isinstance(error, OSError) else ""
    return visible(f"{type(error).__name__}: {text}" if text else type(error).__name__)[:_CAUSE_CHARACTERS]


def _retrieve(task: asyncio.Task[Live]) -> None:
    """A caller may have gone before the opening failed; nobody else is to be told then."""
    with suppress(asyncio.CancelledError):
        task.exception()

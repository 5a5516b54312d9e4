"""The `mcp` source: the tools of one downstream server. Fills the port `ToolSource`.

What the end of a call means, in the words of `calling`:

| end | raised | read | write |
|---|---|---|---|
| the server could not be had, so the request was not sent | `NotReached` | failed, retried | failed |
| the tool is not pinned, or not what was pinned | `NothingDone` | failed | failed |
| the time is up, and the request was not sent | | failed | failed |
| a result | | done | done |
| a result with `isError` | `ToolError` | failed, retried | unknown |
| an error of JSON-RPC | `ToolError` | failed, retried | unknown |
| the connection ended after the request was sent, or HTTP answers | `ConnectionLost` | failed, retried | unknown |
| the server asks for input, or for a model | `ToolError` | failed, retried | unknown |
| an answer that is no MCP, too long, or not what the output schema says | `UnkeepableResult` | failed | unknown |
| the time is up after the request was sent | | failed, retried | unknown |

Of a write only what certainly was not sent has failed: an error in an answer proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Final

import structlog
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
)
from pydantic import TypeAdapter, ValidationError

from pointsman.contracts.bounds import DOWNSTREAM_START_MS
from pointsman.contracts.lock import LockedSource
from pointsman.contracts.schemas import Schema
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import ToolDefinition, ToolPolicy
from pointsman.fsm.facts import CallResult

from ..calling import Calls
from ..clocks import MonotonicClock, Sleep
from ..errors import ConnectionLost, NothingDone, NotReached, SourceError, ToolError, UnkeepableResult
from ..rates import Rates
from ..running import Begun, InLoop, Running
from ..source import CallContext
from .connection import Connect, Connection, Way
from .definitions import Offer
from .http import reached, was_not_answered, was_not_sent
from .pins import Pins
from .process import launched
from .results import result_of, said
from .settings import Downstream, Launch

_ANSWER: Final[TypeAdapter[CallToolResult | InputRequiredResult]] = TypeAdapter(CallToolResult | InputRequiredResult)

_log = structlog.get_logger(__name__)


class McpSource:
    """The tools of one MCP server.

    Args:
        name: The source's name.
        downstream: Where the server is.
        pins: What was pinned of its tools; nothing else is offered or called.
        start_ms: How long it may take to be ready, in milliseconds.
        rates: What counts its calls, where other texts of the workflow share it.
        sleep: Waits, in seconds.
        clock: What tells the time, in seconds.
    """

    def __init__(  # noqa: PLR0913 -- what it counts, waits and tells the time with is handed over
        self,
        name: str,
        downstream: Downstream,
        pins: LockedSource | None,
        *,
        start_ms: int = DOWNSTREAM_START_MS,
        rates: Rates | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._name = name
        self._pins = Pins(name, pins)
        self._quarantined = self._pins.quarantined(None)
        way = Way(_connect(name, downstream, clock), self._compare)
        self._connection = Connection(name, way, start_ms, sleep, clock)
        self._calls = Calls(rates or Rates(sleep, clock), sleep, clock)

    async def definitions(self) -> Sequence[ToolDefinition]:
        """Give every tool that was pinned. The server is not asked: it is started by its first call.

        Raises:
            SourceError: nothing was pinned.
        """
        self._pins.require()
        return list(self._pins.definitions.values())

    async def offer(self) -> Offer:
        """Ask the server what it offers.

        Raises:
            SourceError: the server cannot be had.
        """
        return (await self._connection.live()).offer

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call `source.tool` with these arguments."""

        def begin(_attempt: int) -> Running:
            return InLoop(lambda begun: self._ask(tool, arguments, begun))

        return await self._calls.run(begin, policy, context)

    async def prepare(self) -> None:
        """Connect, if that has not been done, which compares what is offered with what was pinned.

        Raises:
            SourceError: the server cannot be had.
        """
        await self._connection.live()

    def quarantined(self) -> Mapping[str, str]:
        """Give the tools that are not what was pinned, as far as the server has been asked."""
        return self._quarantined

    async def aclose(self) -> None:
        """Give up what runs, and end the connection. Later calls fail."""
        self._calls.stop()
        await self._connection.aclose()

    async def _ask(self, tool: str, arguments: JsonObject, begun: Begun) -> Json:
        pinned = self._pins.definitions.get(tool)
        if pinned is None:
            raise NothingDone(self._quarantined.get(tool, f"{tool} is not pinned, so it is not called."))
        try:
            live = await self._connection.live()
        except SourceError as error:
            raise NotReached(f"{tool} was not called. {error}") from error
        if tool in self._quarantined:
            raise NothingDone(self._quarantined[tool])
        params = CallToolRequestParams(name=tool.removeprefix(f"{self._name}."), arguments=arguments)
        begun()
        try:
            answer = await live.session.send_request(CallToolRequest(params=params), _ANSWER)
        except MCPError as error:
            raise _refused(tool, error) from error
        except ValidationError as error:
            raise UnkeepableResult("it is not what MCP says an answer looks like") from error
        if isinstance(answer, InputRequiredResult):
            asked = sorted({request.method for request in (answer.input_requests or {}).values()})
            _log.warning("downstream asks for input", source=self._name, tool=tool, asked=asked)
            raise ToolError(
                f"The server of the source {self._name!r} asks for {' and '.join(asked) or 'more'} before it goes on"
                f" with {tool}. Pointsman answers no questions of a server; call the tool with all that it needs."
            )
        output = pinned.output_schema
        return result_of(tool, answer, None if output is None else Schema(output))

    def _compare(self, offer: Offer) -> None:
        before, self._quarantined = self._quarantined, self._pins.quarantined(offer)
        if self._quarantined != before:
            _log.warning("downstream tools are not what was pinned", source=self._name, tools=[*self._quarantined])


def _connect(name: str, downstream: Downstream, clock: MonotonicClock) -> Connect:
    if isinstance(downstream, Launch):
        return lambda on_end: nullcontext(launched(name, downstream, on_end, clock))
    return lambda on_end: reached(name, downstream, on_end)


def _refused(tool: str, error: MCPError) -> ToolError:
    if was_not_sent(error):
        return NotReached(f"{tool} was not called. Its server: {said(error.message)}.")
    if error.code == CONNECTION_CLOSED:
        return ConnectionLost(f"The connection to the server of {tool} ended before it answered.")
    if was_not_answered(error):
        return ConnectionLost(f"The server of {tool} has not answered: {said(error.message)}.")
    return ToolError(f"{tool} answered with an error: {said(error.message)}")

"""The `mcp` source: the tools of one downstream server. Fills the port `ToolSource`.

What the end of a call means, in the words of `calling`:

| end | raised | read | write |
|---|---|---|---|
| the server could not be had, so the request was not sent | `NotReached` | failed, retried | failed, retried |
| the tool is not pinned, or not what was pinned | `NothingDone` | failed | failed |
| the time is up, and the request was not sent | | failed | failed |
| a result | | done | done |
| a result with `isError` | `ToolError` | failed, retried | unknown |
| an error of JSON-RPC | `ToolError` | failed, retried | unknown |
| the connection ended after it was sent, or a gateway answers | `ConnectionLost` | failed, retried | unknown |
| the server asks for a model or for folders, or asks without end | `ToolError` | failed, retried | unknown |
| an answer that is no MCP, too long, or not what the output schema says | `UnkeepableResult` | failed | unknown |
| the time is up after the request was sent | | failed, retried | unknown |

Of a write only what certainly was not sent has failed: an error in an answer proves nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

from mcp.client import ClientSession
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
)
from pydantic import ValidationError

from pointsman.contracts.bounds import ASKS_PER_CALL, DOWNSTREAM_START_MS
from pointsman.contracts.lock import LockedSource
from pointsman.contracts.schemas import Schema
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolDefinition, ToolPolicy
from pointsman.fsm.facts import CallResult

from ..calling import Calls
from ..clocks import MonotonicClock, Sleep
from ..errors import ConnectionLost, NotReached, SourceError, ToolError, UnkeepableResult
from ..offers import Offer
from ..pins import Pins
from ..rates import Rates
from ..results import Answer, keepable
from ..running import Begun, InLoop, Running
from ..source import CallContext
from ..talk import Talk
from .beside import Answered, Asking, answer_to, request_beside
from .connection import Connect, Connection, Way
from .http import headers_of_request, reached, was_not_answered, was_not_sent
from .process import launched
from .questions import Questions
from .results import answer_of, said
from .settings import Downstream, Launch

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 0.25
"""How long a server is left alone that wants to be asked again, and needs nothing."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A request as it is sent; `headers` go with it alone, over HTTP."""

    asking: Asking
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


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
        self._questions = Questions(name, downstream.asks)
        way = Way(_connect(name, downstream, clock), self._pins.compare, self._questions)
        self._connection = Connection(name, way, start_ms, sleep, clock)
        self._calls = Calls(rates or Rates(sleep, clock), sleep, clock)

    async def definitions(self) -> Sequence[ToolDefinition]:
        """Give every tool that was pinned. The server is not asked: it is started by its first call.

        Raises:
            SourceError: nothing was pinned.
        """
        return self._pins.offered()

    async def offer(self) -> Offer:
        """Ask the server what it offers.

        Raises:
            SourceError: the server cannot be had.
        """
        return (await self._connection.live()).offer

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call `source.tool` with these arguments, or make the request it stands for."""

        def begin(_attempt: int) -> Running:
            return InLoop(lambda begun: self._call(tool, arguments, policy, context, begun))

        return await self._calls.run(begin, policy, context)

    async def prepare(self) -> None:
        """Connect, if that has not been done, which compares what is offered with what was pinned.

        Raises:
            SourceError: the server cannot be had.
        """
        await self._connection.live()

    def quarantined(self) -> Mapping[str, str]:
        """Give the tools that are not what was pinned, as far as the server has been asked."""
        return self._pins.quarantined

    async def aclose(self) -> None:
        """Give up what runs, and end the connection. Later calls fail."""
        self._calls.stop()
        await self._connection.aclose()

    async def _call(
        self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext, begun: Begun
    ) -> Answer:
        known = tool in self._pins.definitions or tool in self._pins.quarantined
        beside = None if known else request_beside(tool, arguments)
        pinned = self._pins.pinned(tool) if beside is None else None
        try:
            live = await self._connection.live()
        except SourceError as error:
            raise NotReached(f"{tool} was not called. {error}") from error
        self._pins.require_unchanged(tool)
        await context.require_ours()  # a server may have taken long to start
        begun()
        request = _request(tool, arguments, policy, context) if beside is None else _Request(beside)
        with self._questions.during(context.talk):
            answer = await self._answer(tool, live.session, request, context.talk)
        output = None if pinned is None else pinned.output_schema
        if isinstance(answer, CallToolResult):
            return answer_of(tool, answer, None if output is None else Schema(output))
        return Answer(keepable(answer.model_dump(mode="json", by_alias=True, exclude_none=True)))

    async def _answer(self, tool: str, session: ClientSession, request: _Request, talk: Talk) -> Answered:
        """Send a request, again with what the server needs besides, until it is answered."""
        asking = request.asking
        for place in range(ASKS_PER_CALL + 1):
            answer = await _sent(tool, session, replace(request, asking=asking), talk)
            if not isinstance(answer, InputRequiredResult):
                return answer
            if not answer.input_requests:
                await asyncio.sleep(min(_FIRST_PAUSE_S * 2**place, _LONGEST_PAUSE_S))
            given = await self._questions.answers(tool, talk, answer.input_requests or {})
            said = {"input_responses": given or None, "request_state": answer.request_state}
            params = None if asking.params is None else asking.params.model_copy(update=said)
            asking = asking.model_copy(update={"params": params})
        raise ToolError(f"The server of the source {self._name!r} asked more than {ASKS_PER_CALL} times for {tool}.")


def _request(tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> _Request:
    """Write a call, with the key of a write where the server takes it elsewhere than among the arguments."""
    params: JsonObject = {"name": tool.partition(".")[2], "arguments": arguments}
    member, header = policy.key_name("meta"), policy.key_name("header")
    if member is not None and context.key is not None:
        params["_meta"] = {member: context.key}
    headers = {} if header is None or context.key is None else {header: context.key}
    asked = CallToolRequestParams.model_validate(params, by_name=False)
    return _Request(CallToolRequest(params=asked), headers)


async def _sent(tool: str, session: ClientSession, request: _Request, talk: Talk) -> Answered | InputRequiredResult:
    async def told(progress: float, total: float | None, message: str | None) -> None:
        talk.progress(progress, total, message)

    try:
        with headers_of_request(request.headers):
            return await session.send_request(
                request.asking, answer_to(request.asking), progress_callback=told if talk.listens else None
            )
    except MCPError as error:
        raise _refused(tool, error) from error
    except ValidationError as error:
        raise UnkeepableResult("it is not what MCP says an answer looks like") from error


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

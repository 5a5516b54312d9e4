"""Requests during which tools speak with the client: told, logged to and asked, whatever era it speaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    InputRequiredResult,
    InputResponse,
    RequestId,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal
from pointsman.tools.conversation import ELICIT, ROOTS, SAMPLE

from ..replies import Caller, Governed, Waiter
from .asking import Pushing
from .client_log import ClientLog
from .parked import Parked, ParkedCall
from .progress import Report, progress
from .results import refused
from .waiting import REVIEW, Channel, WaitingClient

ANSWER: Final = "answer"
"""What the audit calls an answer that was asked for by nobody, or not any more."""
CAPABILITIES: Final = {ELICIT: "elicitation", SAMPLE: "sampling", ROOTS: "roots"}
_LAPSED: Final = Refusal(
    "NOT_ALLOWED",
    "This answer comes too late: the call has ended without it. Look at the session's status before you call again.",
)
_UNASKED: Final = Refusal("FORBIDDEN", "Nobody was asked what this answers, so nothing is decided by it.")

_Result = TypeVar("_Result", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a client.

    Args:
        id: its identifier, by which its stream is found.
        action: what it calls, as the client is told of progress.
        report: how the client is told, if it asked for that.
        log_level: from which level on it wants a tool's log; None for none of it.
        state: what finds a call that has asked; None where the call is new.
        answers: what was asked, or what the client brings along.
    """

    id: RequestId | None
    action: str
    report: Report | None
    log_level: str | None
    state: str | None
    answers: Mapping[str, InputResponse]


class Conversations:
    """Makes requests of one connection. `parked` holds the calls of all connections of this process."""

    def __init__(self, governed: Governed, parked: Parked) -> None:
        self._governed = governed
        self._parked = parked

    async def hold(
        self,
        client: ServerSession,
        caller: Caller,
        request: Request,
        kind: type[_Result],
        make: Callable[[Waiter], Awaitable[_Result]],
    ) -> _Result | InputRequiredResult:
        """Make a request; give its result, or what is asked of a client of the 2026 era.

        Args:
            client: The session of the request.
            caller: Whose call it is; nobody else's answers are heard.
            request: What was asked.
            kind: The type of the result.
            make: Makes it, for whoever waits.

        Raises:
            MCPError: a client of the 2026 era has not said that it can be asked what the call needs, or comes too
                late to a request that is no tool's call.
        """
        modern = client.protocol_version in MODERN_PROTOCOL_VERSIONS
        report = request.report

        async def made(channel: Channel, tell: Report | None) -> _Result:
            async with progress(self._governed, request.action, tell) as telling:
                waiter = WaitingClient(telling, channel, ClientLog(client, request.id, request.log_level))
                try:
                    result = await make(waiter)
                finally:
                    waiter.close()
            if modern and waiter.lacking is not None:
                raise _lacking(waiter.lacking)
            return result

        if not modern:
            return await made(Pushing(client, request.id), report)
        owner = caller.actor.id
        if request.state is None:
            if any(name.startswith(REVIEW) for name in request.answers):
                await self._governed.stray(caller, ANSWER, _UNASKED, None)
            call = ParkedCall(self._parked, client.client_capabilities, request.answers, report)
            return await self._parked.begin(owner, call, made(call, None if report is None else call.tell))
        resumed = await self._parked.resume(owner, request.state, request.answers, report)
        if isinstance(resumed, kind | InputRequiredResult):
            return resumed
        await self._governed.stray(caller, ANSWER, _LAPSED, None)
        lapsed = refused(_LAPSED)
        if isinstance(lapsed, kind):
            return lapsed
        raise MCPError(INVALID_PARAMS, _LAPSED.message)


def _lacking(method: str) -> MCPError:
    """Say which capability the client has to declare (MCP 2026-07-28, MissingRequiredClientCapabilityError)."""
    required: JsonObject = {CAPABILITIES[method]: {}}
    message = f"This call needs a client that declares `{CAPABILITIES[method]}`."
    return MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, message, {"requiredCapabilities": required})

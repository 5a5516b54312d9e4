"""Asks a client of the handshake era, by a request to it on the stream of the call that waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types import ClientCapabilities, CreateMessageResult, ElicitResult, InputRequest, ListRootsResult, RequestId
from pydantic import BaseModel, TypeAdapter, ValidationError

from pointsman.contracts.values import JsonObject
from pointsman.contracts.visible import visible
from pointsman.tools.conversation import ELICIT, ROOTS, SAMPLE, Question

_REQUEST: Final[TypeAdapter[InputRequest]] = TypeAdapter(InputRequest)
_ANSWERS: Final[Mapping[str, type[BaseModel]]] = {
    ELICIT: ElicitResult,
    SAMPLE: CreateMessageResult,
    ROOTS: ListRootsResult,
}

_log = structlog.get_logger(__name__)


class Pushing:
    """Fills the port `Channel` for one request.

    Args:
        client: The session of the request.
        request: Its identifier, by which its stream is found.
    """

    def __init__(self, client: ServerSession, request: RequestId | None) -> None:
        self._client = client
        self._request = request
        self.comes_back = False

    def takes(self, method: str) -> bool:
        """Whether the client says that it can be asked this."""
        return self._client.can_send_request and can_take(method, self._client.client_capabilities)

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        """Ask all of this at once."""
        answers = await asyncio.gather(*map(self._push, questions.values()))
        return {key: answer for key, answer in zip(questions, answers, strict=True) if answer is not None}

    async def _push(self, question: Question) -> JsonObject | None:
        try:
            request = request_of(question)
            stream = ServerMessageMetadata(related_request_id=self._request)
            answer = await self._client.send_request(request, _ANSWERS[request.method], metadata=stream)
        except (MCPError, ValidationError) as error:
            why = visible(error.message) if isinstance(error, MCPError) else "no MCP"
            _log.warning("client did not answer a question", method=question.method, why=why[:200])
            return None
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)


def request_of(question: Question) -> InputRequest:
    """Write a question as the request that it is.

    Raises:
        ValidationError: it is none that MCP knows.
    """
    return _REQUEST.validate_python(question.as_mcp(), by_name=False)


def can_take(method: str, capabilities: ClientCapabilities | None) -> bool:
    """Whether a client with these capabilities can be asked this. One that names no kind of form takes them."""
    if capabilities is None:
        return False
    match method:
        case "elicitation/create":
            asked = capabilities.elicitation
            return asked is not None and (asked.form is not None or asked.url is None)
        case "sampling/createMessage":
            return capabilities.sampling is not None
        case "roots/list":
            return capabilities.roots is not None
        case _:
            return False

"""The way to a downstream server over Streamable HTTP: the SDK's transport on an HTTP client with bounds.

Only what the workflow file declares is sent along; nothing of our own clients, and no token of theirs,
ever gets here. Redirects are followed within the server's origin and nowhere else, certificates are
verified, answers are read as they come (never unpacked) and no further than the bound.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpx2
import structlog
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR
from typing_extensions import override

from pointsman.contracts.bounds import DOWNSTREAM_MESSAGE_BYTES

from ..http import NEVER_SENT, PACKED, UNPACKED, BoundedStream, is_packed, patience
from .process import OnEnd
from .settings import Address

_UNSENT: Final = secrets.token_hex(16)
_UNANSWERED: Final = secrets.token_hex(16)
"""Mark errors as made here. No server can know them, so none can pretend that a request was not sent."""
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_BAD_GATEWAY: Final = 502
_OF_GATEWAYS: Final = frozenset({_BAD_GATEWAY, 503, 504})
"""What stands in front of a server says so, and knows no more of the request than we do (RFC 9110, section 15.6)."""

_OWN_HEADERS: Final[ContextVar[Mapping[str, str]]] = ContextVar("own_headers")
"""What a request brings along besides; the SDK hands the context of whoever sends on to who writes."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def reached(source: str, address: Address, on_end: OnEnd) -> AsyncGenerator[Transport]:
    """Give the way to a server; it is open to nobody after leaving.

    Args:
        source: The source's name, for the log.
        address: Where the server is, and the headers it is to be sent.
        on_end: Told when the server does not know our session any more.
    """
    async with _BoundedClient(source, address, on_end) as client:
        yield streamable_http_client(address.url, http_client=client, max_sse_event_size=DOWNSTREAM_MESSAGE_BYTES)


@contextmanager
def headers_of_request(headers: Mapping[str, str]) -> Generator[None]:
    """Send these headers along with the requests that are made while this is open, and with no others."""
    before = _OWN_HEADERS.set(headers)
    try:
        yield
    finally:
        _OWN_HEADERS.reset(before)


def was_not_sent(error: MCPError) -> bool:
    """Whether an error says for certain that the request never left."""
    data: object = error.error.data
    return data == _UNSENT


def was_not_answered(error: MCPError) -> bool:
    """Whether an error says that the server itself has not answered a request that was sent, so it may be under way."""
    data: object = error.error.data
    return data == _UNANSWERED


class _BoundedClient(httpx2.AsyncClient):
    """Speaks HTTP with one server. What goes wrong on the way is an answer here, so that it ends one request only."""

    def __init__(self, source: str, address: Address, on_end: OnEnd) -> None:
        super().__init__(
            headers={**address.headers, **UNPACKED},
            timeout=patience(),
        )
        self._source = source
        self._on_end = on_end

    @override
    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        request.headers.update(_OWN_HEADERS.get({}) if request.method == "POST" else {})
        try:
            response = await super().send(request, **options)
        except NEVER_SENT as error:
            return self._failed(request, f"it cannot be reached ({type(error).__name__})", _UNSENT)
        except httpx2.TransportError as error:
            return self._failed(request, f"the connection broke ({type(error).__name__})")
        if response.status_code == _NOT_FOUND and "mcp-session-id" in request.headers:
            self._on_end("it does not know our session any more")
        if is_packed(response):
            await response.aclose()
            return self._failed(request, PACKED)
        is_json = response.headers.get("content-type", "").lower().startswith("application/json")
        if response.status_code in _OF_GATEWAYS or (response.status_code >= _BAD_REQUEST and not is_json):
            await response.aclose()
            return self._failed(request, f"HTTP {response.status_code}")
        if is_json and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = BoundedStream(response.stream)
        return response

    def _failed(self, request: httpx2.Request, why: str, data: str = _UNANSWERED) -> httpx2.Response:
        """Answer in the server's place, as MCP has it: the SDK hands this to whoever waits for the request."""
        _log.warning("downstream request failed", source=self._source, method=request.method, why=why)
        error = {"code": INTERNAL_ERROR, "message": why, "data": data}
        return httpx2.Response(_BAD_GATEWAY, json={"jsonrpc": "2.0", "id": None, "error": error}, request=request)

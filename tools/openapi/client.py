"""Makes one request and reads one answer, with the bounds of `tools.http`.

No proxy and no password comes from the environment, no cookie is kept, no redirect is followed:
where a call goes is said by the workflow and the document, and by nothing that a server answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Final

import httpx2

from pointsman.contracts.bounds import DOWNSTREAM_MESSAGE_BYTES, OPENAPI_ERROR_BYTES

from ..errors import ConnectionLost, NotReached, UnkeepableResult
from ..http import NEVER_SENT, PACKED, UNPACKED, is_packed, patience
from ..running import Begun

_CONNECTING: Final = "connection."
"""How the names of those events begin that come before a request is sent."""
_FIRST_NOT_SUCCESSFUL: Final = 300


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered. Of an error status the body is cut, of all others it is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Its media type, without parameters; empty where it says none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def open_client() -> httpx2.AsyncClient:
    """Make a client that keeps connections, and nothing else."""
    return httpx2.AsyncClient(
        headers={**UNPACKED, "user-agent": f"pointsman/{version('pointsman')}"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=patience(),
        trust_env=False,
    )


async def exchange(
    client: httpx2.AsyncClient, request: httpx2.Request, begun: Begun, most_bytes: int = DOWNSTREAM_MESSAGE_BYTES
) -> HttpAnswer:
    """Send a request and read the answer; `begun` is told right before the first byte leaves.

    Raises:
        NotReached: the request was certainly not sent.
        ConnectionLost: the connection broke afterwards.
        UnkeepableResult: the answer is packed, or longer than the bound.
    """

    async def follow(event: str, _details: object) -> None:
        if not event.startswith(_CONNECTING):
            begun()

    request.extensions = {**request.extensions, "trace": follow}
    try:
        response = await client.send(request, stream=True)
        begun()
        try:
            return HttpAnswer(response.status_code, dict(response.headers), await _body(response, most_bytes))
        finally:
            await response.aclose()
    except NEVER_SENT as error:
        raise NotReached(f"its server cannot be reached ({type(error).__name__})") from error
    except httpx2.TransportError as error:
        raise ConnectionLost(f"the connection broke before the answer was complete ({type(error).__name__})") from error


async def _body(response: httpx2.Response, most_bytes: int) -> bytes:
    if is_packed(response):
        raise UnkeepableResult(PACKED)
    cut = response.status_code >= _FIRST_NOT_SUCCESSFUL
    body = bytearray()
    async with aclosing(response.aiter_raw()) as chunks:
        async for chunk in chunks:
            body += chunk
            if cut and len(body) >= OPENAPI_ERROR_BYTES:
                return bytes(body[:OPENAPI_ERROR_BYTES])
            if len(body) > most_bytes:
                raise UnkeepableResult(f"the answer is longer than {most_bytes} bytes")
    return bytes(body)

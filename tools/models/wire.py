"""The HTTP under the SDK, with bounds: whoever answers as the API is not trusted with our memory, nor with the key.

No redirect is followed, because the key would go along. Answers are not unpacked, no cookie is kept, and a server on
this machine is not reached by a proxy, which would be told the key.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2
from typing_extensions import override

from pointsman.contracts.bounds import MODEL_ERROR_BYTES, MODEL_LINE_BYTES, MODEL_STREAM_BYTES

from ..http import PACKED, UNPACKED, is_packed

_FIRST_NOT_SUCCESSFUL: Final = 300
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class TooMuch(httpx2.StreamError):
    """What comes back is beyond what one answer may be."""


def carries_safely(address: str) -> bool:
    """Whether a key may be sent to this address: over TLS, or not beyond this machine."""
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        return False
    return url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)


def bounded_client(address: str) -> httpx2.AsyncClient:
    """Give the client that the SDK makes its requests with."""
    return httpx2.AsyncClient(
        timeout=None,  # each attempt is bounded as a whole, by who makes it
        follow_redirects=False,
        trust_env=httpx2.URL(address).host not in _LOOPBACK,
        headers=UNPACKED,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        event_hooks={"response": [_bound]},
    )


async def _bound(response: httpx2.Response) -> None:
    if is_packed(response):
        raise httpx2.RemoteProtocolError(PACKED)
    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream):
        successful = response.status_code < _FIRST_NOT_SUCCESSFUL
        response.stream = _Answer(stream) if successful else _Error(stream)


class _Answer(httpx2.AsyncByteStream):
    """The body of an answer, no further than the bounds of the whole and of each of its lines."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        left_bytes = MODEL_STREAM_BYTES
        line_bytes = 0
        async for chunk in self._stream:
            left_bytes -= len(chunk)
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            line_bytes = len(chunk) - end - 1 if end >= 0 else line_bytes + len(chunk)
            if left_bytes < 0 or line_bytes > MODEL_LINE_BYTES:
                raise TooMuch("the answer is too long")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


class _Error(_Answer):
    """The body that comes with an error status, cut where it is too long."""

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        left_bytes = MODEL_ERROR_BYTES
        async for chunk in self._stream:
            yield chunk[:left_bytes]
            left_bytes -= len(chunk)
            if left_bytes <= 0:
                return

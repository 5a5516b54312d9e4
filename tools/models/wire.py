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

from pointsman.contracts.bounds import MODEL_ERROR_BYTES, MODEL_EVENT_BYTES, MODEL_EVENT_LINES, MODEL_STREAM_BYTES

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
    """The body of an answer, in whole lines, no further than the bounds of the whole and of each of its events."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream
        self._event_bytes = 0
        self._event_lines = 0

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        left_bytes = MODEL_STREAM_BYTES
        held: list[bytes] = []
        held_bytes = 0
        async for chunk in self._stream:
            left_bytes -= len(chunk)
            end = chunk.rfind(b"\n") + 1
            if end:
                lines = b"".join((*held, chunk[:end]))
                self._count(lines)
                yield lines
                held, held_bytes = [], 0
            held.append(chunk[end:])
            held_bytes += len(chunk) - end
            if left_bytes < 0 or held_bytes > MODEL_EVENT_BYTES:
                raise TooMuch("the answer is too long")
        yield b"".join(held)

    def _count(self, lines: bytes) -> None:
        for line in lines.splitlines():
            if not line:
                self._event_bytes = self._event_lines = 0
                continue
            self._event_bytes += len(line)
            self._event_lines += 1
            if self._event_bytes > MODEL_EVENT_BYTES or self._event_lines > MODEL_EVENT_LINES:
                raise TooMuch("an event of the answer is too long")

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

"""HTTP with bounds, for every source that speaks it.

Answers are read as they come, never unpacked, and no further than the bound. What certainly was not
sent is told from what may have been: on that hangs whether a write has failed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

import httpx2
from typing_extensions import override

from pointsman.contracts.bounds import DOWNSTREAM_MESSAGE_BYTES, DOWNSTREAM_REACH_MS, DOWNSTREAM_SILENCE_MS

NEVER_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
"""What is raised before the first byte of a request has left."""
UNPACKED: Final[Mapping[str, str]] = {"accept-encoding": "identity"}
"""Asks for answers as they are: what is packed small can be large."""
PACKED: Final = "it packs its answers, which was not asked for"


def patience() -> httpx2.Timeout:
    """Give the time that a server has to be reached, and to go on with an answer."""
    return httpx2.Timeout(DOWNSTREAM_REACH_MS / 1000, read=DOWNSTREAM_SILENCE_MS / 1000)


def is_packed(response: httpx2.Response) -> bool:
    """Whether a server has packed its answer in spite of what it was asked."""
    return response.headers.get("content-encoding", "identity") != "identity"


class BoundedStream(httpx2.AsyncByteStream):
    """The body of an answer, no further than the bound, for who reads it by another library."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        left_bytes = DOWNSTREAM_MESSAGE_BYTES
        async for chunk in self._stream:
            left_bytes -= len(chunk)
            if left_bytes < 0:
                raise httpx2.StreamError(f"the answer is longer than {DOWNSTREAM_MESSAGE_BYTES} bytes")
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()

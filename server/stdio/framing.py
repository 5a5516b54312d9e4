"""Cuts a stream of bytes into lines, in bounded memory whatever arrives.

A line that outgrows the bound is not kept: its two ends are, because a request's `id` stands in one
of them, and that is what an answer needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from pointsman.contracts.bounds import MESSAGE_BYTES

from ..json_rpc.messages import END_BYTES, Oversized


class Lines:
    """Takes chunks, gives lines without their newline. Holds at most one line within the bound."""

    def __init__(self, limit_bytes: int = MESSAGE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._head: bytes | None = None
        self._tail = b""

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversized]:
        """Give the lines that `chunk` completes."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._keep(chunk[start:end])
            yield self._line()
            start = end + 1
        self._keep(chunk[start:])

    def finish(self) -> bytes | Oversized | None:
        """Give what stands after the last newline, when the stream has ended."""
        return self._line() if self._size_bytes else None

    def _keep(self, part: bytes) -> None:
        self._size_bytes += len(part)
        if self._head is None and self._size_bytes <= self._limit_bytes:
            self._parts.append(part)
            return
        if self._head is None:
            kept = b"".join(self._parts)
            self._parts.clear()
            self._head = (kept + part[:END_BYTES])[:END_BYTES]
            self._tail = kept[-END_BYTES:]
        self._tail = (self._tail + part)[-END_BYTES:] if len(part) < END_BYTES else part[-END_BYTES:]

    def _line(self) -> bytes | Oversized:
        line = b"".join(self._parts) if self._head is None else Oversized(self._head, self._tail, self._size_bytes)
        self._parts.clear()
        self._size_bytes = 0
        self._head = None
        self._tail = b""
        return line

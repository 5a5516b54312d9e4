"""The thread that writes the protocol's lines, so that a client that does not read blocks nobody else.

What is waiting to be written is bounded: beyond `BACKLOG_BYTES` whoever sends waits, and `reader`
reads no further, until the client has read some of it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

BACKLOG_BYTES: Final = 8 * 1024 * 1024


class LineWriter:
    """Writes lines to a descriptor, in the order of `put`, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._on_broken: Callable[[], None] = _nothing
        self._loop = asyncio.get_running_loop()
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._room = threading.Event()
        self._room.set()
        self._room_here = asyncio.Event()
        self._room_here.set()
        self._finished = asyncio.Event()
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="stdio-writer", daemon=True)
        self._thread.start()

    def when_broken(self, call: Callable[[], None]) -> None:
        """Have `call` called on the event loop when the client's end has gone."""
        self._on_broken = call

    def put(self, line: bytes) -> None:
        """Queue a line, newline included. Never waits; dropped when the client has gone."""
        if self._broken:
            return
        with self._lock:
            self._waiting_bytes += len(line)
            if self._waiting_bytes > BACKLOG_BYTES:
                self._room.clear()
        self._lines.put(line)

    async def send(self, line: bytes) -> None:
        """Queue a line, then wait while too much is waiting. For the event loop."""
        self.put(line)
        if not self._room.is_set():
            self._room_here.clear()
            if self._room.is_set():
                self._room_here.set()
            await self._room_here.wait()

    def wait_for_room(self) -> None:
        """Wait while too much is waiting. For other threads."""
        self._room.wait()

    async def finish(self, patience_s: float) -> None:
        """Write what is queued, and give up after `patience_s`."""
        self._lines.put(None)
        try:
            async with asyncio.timeout(patience_s):
                await self._finished.wait()
        except TimeoutError:
            self._broken = True

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            if not self._broken:
                self._write(line)
            with self._lock:
                self._waiting_bytes -= len(line)
                made_room = not self._room.is_set() and self._waiting_bytes <= BACKLOG_BYTES // 2
                if made_room:
                    self._room.set()
            if made_room:
                self._tell(self._room_here.set)
        self._tell(self._finished.set)

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            self._broken = True
            self._tell(self._on_broken)

    def _tell(self, what: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what)


def _nothing() -> None:
    """What happens by default when the client's end has gone."""

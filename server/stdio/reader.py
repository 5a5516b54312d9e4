"""The thread that reads the protocol's lines, answers what is no message, and hands over the rest.

It works beside the event loop, so that garbage is answered at once even while the loop is busy and
a large message is parsed without holding up others. At most `WAITING_MESSAGES` are handed over and
not taken yet; then it reads no further.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from ..json_rpc.messages import Message, MessageReader, Oversized
from .framing import Lines
from .writer import LineWriter

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

CHUNK_BYTES: Final = 64 * 1024
WAITING_MESSAGES: Final = 64

OnReject: TypeAlias = "Callable[[Code, str], None]"


class LineReader:
    """Reads messages from a descriptor until it ends or `close` is called.

    `on_reject` is called on the event loop for every line that was not let through.
    """

    def __init__(self, descriptor: int, writer: LineWriter, on_reject: OnReject) -> None:
        self._descriptor = descriptor
        self._writer = writer
        self._on_reject = on_reject
        self._loop = asyncio.get_running_loop()
        self._messages: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._free = threading.Semaphore(WAITING_MESSAGES)
        self._ended = False
        threading.Thread(target=self._run, name="stdio-reader", daemon=True).start()

    async def receive(self) -> Message | None:
        """Give the next message, or None when there will be no more."""
        while not self._messages:
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        self._free.release()
        return self._messages.popleft()

    def close(self) -> None:
        """Take nothing more: what arrives from now on is dropped."""
        self._ended = True
        self._arrived.set()

    def _run(self) -> None:
        lines, reader = Lines(), MessageReader()
        try:
            while chunk := os.read(self._descriptor, CHUNK_BYTES):
                for line in lines.feed(chunk):
                    self._take(reader, line)
            if (rest := lines.finish()) is not None:
                self._take(reader, rest)
        except OSError:
            pass  # the client's end has gone: the same as its end of file
        self._tell(self.close)

    def _take(self, reader: MessageReader, line: bytes | Oversized) -> None:
        self._writer.wait_for_room()
        read = reader.read(line)
        if read is None:
            return
        if isinstance(read, Message):
            self._free.acquire()
            self._tell(self._arrive, read)
            return
        if read.answer is not None:
            self._writer.put(read.answer)
        self._tell(self._on_reject, read.code, read.message)

    def _arrive(self, message: Message) -> None:
        if not self._ended:
            self._messages.append(message)
            self._arrived.set()

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, *arguments)

"""A downstream server as a process of our own: started, listened to, and ended for certain.

It gets a process group of its own, the environment that was declared and nothing else, and pipes
for all three streams: nothing of it can write to our standard output, which belongs to our client.
What it writes to its standard error goes into our log, line by line, bounded and made visible.

It is ended by closing its standard input, then by SIGTERM, then by SIGKILL, to the whole group.
When this process is killed and can do nothing any more, the server reads the end of its standard
input, which is what ends most of them; one that ignores it stays behind.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias, TypeVar

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from pointsman.contracts.bounds import (
    DOWNSTREAM_LOG_CHARACTERS,
    DOWNSTREAM_LOG_LINES_PER_MINUTE,
    DOWNSTREAM_MESSAGE_BYTES,
    DOWNSTREAM_STALL_MS,
    DOWNSTREAM_STOP_MS,
)
from pointsman.contracts.visible import visible

from ..clocks import MonotonicClock
from .messages import Flooded, MessageReader
from .rates import PerMinute
from .settings import Launch

OnEnd: TypeAlias = Callable[[str], None]
"""Told once why a connection has ended."""
Incoming: TypeAlias = MemoryObjectReceiveStream[SessionMessage | Exception]
Outgoing: TypeAlias = MemoryObjectSendStream[SessionMessage]

_Pipe = TypeVar("_Pipe")
_CHUNK_BYTES: Final = 64 * 1024
_LAST_WORDS: Final = 3
_LAST_WORDS_S: Final = 0.5
"""How long the last words of a server are waited for that has closed its standard output."""

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def launched(
    source: str, launch: Launch, on_end: OnEnd, clock: MonotonicClock
) -> AsyncGenerator[tuple[Incoming, Outgoing]]:
    """Start a server, and give the streams on which the SDK's client speaks with it; end it on leaving.

    Args:
        source: The source's name, for the log.
        launch: What to start, where, and with which environment.
        on_end: Told when the server has gone, or is not listened to any more.
        clock: What tells the time, in seconds.

    Raises:
        OSError: it cannot be started.
        ValueError: its command or environment holds a NUL.
    """
    started = await asyncio.create_subprocess_exec(
        *launch.command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=launch.environment,
        cwd=launch.folder,
        start_new_session=True,
        limit=DOWNSTREAM_MESSAGE_BYTES,
    )
    child = _Child(source, started, on_end, clock)
    to_session, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    child.errors = asyncio.create_task(child.log_errors(), name=f"{source} stderr")
    pumps = [
        child.errors,
        asyncio.create_task(child.listen(to_session), name=f"{source} stdout"),
        asyncio.create_task(child.speak(from_session, to_session), name=f"{source} stdin"),
    ]
    _log.info("downstream started", source=source, pid=started.pid)
    try:
        yield incoming, outgoing
    finally:
        child.left = True
        incoming.close()
        outgoing.close()
        with anyio.CancelScope(
            shield=True
        ):  # a start that is given up is cancelled, and its process must end all the same
            await _end(started)
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
        to_session.close()
        from_session.close()
        _log.info("downstream ended", source=source, pid=started.pid, code=started.returncode)


class _Child:
    """The three pipes of a server while it runs."""

    def __init__(self, source: str, process: Process, on_end: OnEnd, clock: MonotonicClock) -> None:
        self._source = source
        self._stdin = _there(process.stdin)
        self._stdout = _there(process.stdout)
        self._stderr = _there(process.stderr)
        self._on_end = on_end
        self._clock = clock
        self._lines = PerMinute(DOWNSTREAM_LOG_LINES_PER_MINUTE, clock)
        self._last: deque[str] = deque(maxlen=_LAST_WORDS)
        self.errors: asyncio.Task[None] | None = None
        self.left = False
        """Set when we leave the server, so that its end is nothing to be told."""

    async def listen(self, to_session: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
        """Hand what the server says to the session; when the session has gone, read on so that the server can end."""
        reader = MessageReader(self._source, self._stdout, self._clock)
        why: str | None = None
        try:
            while (message := await reader.read()) is not None:
                await to_session.send(message)
        except Flooded as flood:
            why = f"it sends {flood}"
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            why = "the conversation is over"  # the session has gone: nobody listens any more
        if not self.left:
            self._on_end(why or await self._last_words())
        to_session.close()
        while await self._stdout.read(_CHUNK_BYTES):
            pass

    async def speak(
        self,
        from_session: MemoryObjectReceiveStream[SessionMessage],
        to_session: MemoryObjectSendStream[SessionMessage | Exception],
    ) -> None:
        """Write what the session says. A server that has gone or reads no more ends the conversation."""
        try:
            async for message in from_session:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                self._stdin.write(text.encode() + b"\n")
                async with asyncio.timeout(DOWNSTREAM_STALL_MS / 1000):
                    await self._stdin.drain()
        except TimeoutError:
            self._on_end(f"it has read nothing for {DOWNSTREAM_STALL_MS} ms")
        except (OSError, ValueError):
            self._on_end(await self._last_words())
        to_session.close()

    async def log_errors(self) -> None:
        """Log what the server writes to its standard error."""
        rest = b""
        while chunk := await self._stderr.read(_CHUNK_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            if len(rest) > DOWNSTREAM_LOG_CHARACTERS:
                whole, rest = [*whole, rest], b""
            for line in whole:
                self._log_line(line)
            await asyncio.sleep(0)
        if rest:
            self._log_line(rest)

    def _log_line(self, line: bytes) -> None:
        text = visible(line[:DOWNSTREAM_LOG_CHARACTERS].decode(errors="replace").strip())
        if text:
            self._last.append(text)
        if self._lines.admit():
            _log.info("downstream says", source=self._source, line=text)
        elif self._lines.refused == 1:
            _log.warning("downstream says too much; the rest of this minute is left out", source=self._source)

    async def _last_words(self) -> str:
        """Say how the server ended, as far as it said so itself."""
        if self.errors is not None:
            await asyncio.wait([self.errors], timeout=_LAST_WORDS_S)
        words = " | ".join(self._last)
        return f"it has ended: {words}" if words else "it has ended without a word"


async def _end(process: Process) -> None:
    """End a server and all that it has started, within a few seconds."""
    if process.stdin is not None:
        process.stdin.close()
    for stop in (None, _terminate, _kill):
        if stop is not None:
            stop(process)
        with suppress(TimeoutError):
            async with asyncio.timeout(DOWNSTREAM_STOP_MS / 1000):
                await process.wait()
            break
    _kill(process)  # what it has started and left behind


def _terminate(process: Process) -> None:
    _signal(process, signal.SIGTERM)


def _kill(process: Process) -> None:
    _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)


def _there(pipe: _Pipe | None) -> _Pipe:
    if pipe is None:
        raise RuntimeError("a server is started with three pipes")
    return pipe

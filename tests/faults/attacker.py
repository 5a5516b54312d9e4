"""Attacks a server over HTTP with all at once, as a process of its own, and prints how each attempt has ended.

Its arguments are the server's URL, and the session of a connection of the handshake era (its `Mcp-Session-Id`) and the
workflow's session, by which it asks for answers that it does not read.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Final

from tests.server.http.test_heads import REFUSED
from tests.server.http.wire import Wire, head, request, wire
from tests.server.stdio.test_strict_stdio import REJECTED, call

IDLE: Final = 1_000
SLOW: Final = 300
LARGE: Final = 20
UNREAD: Final = 4
ROUNDS: Final = 2
PATIENCE_S: Final = 60.0
PAGE: Final = 200_000
LARGE_BYTES: Final = 3_000_000


@dataclass(frozen=True)
class Ended:
    """How an attempt has ended: by this status, or by the connection's end (0), after so many seconds."""

    attempt: str
    status: int
    after_s: float


async def idle(_client: Wire, _url: str) -> None:
    """Say nothing."""


async def half_open(client: Wire, url: str) -> None:
    """Say half a head."""
    await client.send(head(url)[:-2])


async def slow_body(client: Wire, url: str) -> None:
    """Say a body, a byte a second."""
    await client.send(head(url, "content-type: application/json", "content-length: 1000"))
    for _ in range(1000):
        await client.send(b" ")
        await asyncio.sleep(1)


async def large_body(client: Wire, url: str) -> None:
    """Say all of a large body but its end."""
    await client.send(head(url, "content-type: application/json", f"content-length: {LARGE_BYTES + 1}"))
    await client.send(b" " * LARGE_BYTES)


async def chunks(client: Wire, url: str) -> None:
    """Say a body in chunks of a byte."""
    await client.send(head(url, "content-type: application/json", "transfer-encoding: chunked"))
    await client.send(b"1\r\n \r\n" * 100_000)


async def pipeline(client: Wire, url: str) -> None:
    """Ask for the same ten thousand times at once."""
    await client.send(head(url, line="GET /nowhere HTTP/1.1") * 10_000)


ATTEMPTS: Final[Sequence[tuple[Callable[[Wire, str], Awaitable[None]], int]]] = (
    (idle, IDLE),
    (half_open, IDLE),
    (slow_body, SLOW),
    (large_body, LARGE),
    (chunks, LARGE),
    (pipeline, LARGE),
)


async def attempt(say: Callable[[Wire, str], Awaitable[None]], url: str) -> Ended:
    """Open a connection, say something on it, and wait until the server answers or closes it."""
    before = time.monotonic()
    async with wire(url) as client, saying(say, client, url):
        status = await heard(client)
    return Ended(say.__name__, status, time.monotonic() - before)


async def refused(name: str, said: bytes, url: str) -> Ended:
    """Say what is no request or no message, and wait for the answer."""
    before = time.monotonic()
    async with wire(url) as client:
        sending = asyncio.create_task(client.send(said))
        status = await heard(client)
        with suppress(ConnectionError):
            await sending
    return Ended(name, status, time.monotonic() - before)


async def not_reading(url: str, connection: str, session: str, number: int) -> Ended:
    """Ask for a long answer, and do not read it; say more until the connection is closed."""
    action = {"session": session, "action": "shelf.page", "arguments": {"length": PAGE}}
    asked = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "act", "arguments": action}}
    body = json.dumps(asked).encode()
    loop = asyncio.get_running_loop()
    host, _, port = url.removeprefix("http://").rpartition(":")
    before = time.monotonic()
    with socket.socket() as client, suppress(ConnectionError):
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, (host, int(port)))
        await loop.sock_sendall(client, request(url, body, f"mcp-session-id: {connection}"))
        while time.monotonic() < before + PATIENCE_S:
            await asyncio.sleep(0.5)
            await loop.sock_sendall(client, b"x")
    return Ended("not reading", 0, time.monotonic() - before)


@asynccontextmanager
async def saying(say: Callable[[Wire, str], Awaitable[None]], client: Wire, url: str) -> AsyncGenerator[None]:
    """Say something beside what is heard."""

    async def said() -> None:
        with suppress(ConnectionError):
            await say(client, url)

    speaking = asyncio.create_task(said())
    try:
        yield
    finally:
        speaking.cancel()


async def heard(client: Wire) -> int:
    """Give the status of the answer; 0 where the connection ends without one, and -1 where nothing happens."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await client.reader.readline()
    except TimeoutError:
        return -1
    except ConnectionError:
        return 0
    return int(line.split()[1]) if line else 0


async def attack(url: str, connection: str, session: str) -> list[Ended]:
    """Do all of it at once."""
    heads = {name: head(url, *headers, line=line) for name, (line, headers, _, _) in REFUSED.items()}
    bodies = {name: request(url, body) for name, (body, *_) in REJECTED.items()}
    bodies["large arguments"] = request(url, call(b'{"a":"' + b"x" * LARGE_BYTES + b'"}'))
    all_said = itertools.chain.from_iterable([*heads.items(), *bodies.items()] for _ in range(ROUNDS))
    return await asyncio.gather(
        *(attempt(say, url) for say, times in ATTEMPTS for _ in range(times)),
        *(refused(name, said, url) for name, said in all_said),
        *(not_reading(url, connection, session, number) for number in range(UNREAD)),
    )


if __name__ == "__main__":
    ended = asyncio.run(attack(*sys.argv[1:]))
    sys.stdout.write(json.dumps([asdict(each) for each in ended]))

"""A bare connection to a server over HTTP: what a client sends and hears when it keeps to no rule."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

ANSWER_S = 5.0


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, within_s: float = ANSWER_S) -> Answer:
        """Read one answer whole.

        Raises:
            asyncio.IncompleteReadError: the server has closed the connection.
            TimeoutError: none has come in time.
        """
        async with asyncio.timeout(within_s):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-2])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(lines[0].split()[1]), headers, body)

    async def closed(self, within_s: float = ANSWER_S) -> bytes:
        """Wait until the server closes the connection, and give what it has sent before."""
        heard = b""
        async with asyncio.timeout(within_s):
            try:
                while part := await self.reader.read(65536):
                    heard += part
            except ConnectionError:
                pass
        return heard


@dataclass(frozen=True)
class Answer:
    """What the server has answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def refusal(self) -> dict[str, Any]:
        refusal: dict[str, Any] = json.loads(self.body)["refusal"]
        return refusal


@asynccontextmanager
async def wire(url: str) -> AsyncGenerator[Wire]:
    """Connect to the server at a URL."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def head(url: str, *headers: str, line: str = "POST /mcp HTTP/1.1") -> bytes:
    """Write the head of a request to MCP, with further headers."""
    own = [f"host: {url.removeprefix('http://')}", "accept: application/json, text/event-stream"]
    return "\r\n".join([line, *own, *headers, "", ""]).encode("latin-1")


def request(url: str, body: bytes, *headers: str, line: str = "POST /mcp HTTP/1.1") -> bytes:
    """Write a request to MCP."""
    return head(url, "content-type: application/json", f"content-length: {len(body)}", *headers, line=line) + body

"""Heads that nothing is answered to but why they are not served, and heads that look strange and are."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.server.bounds import HTTP_DISCARDED_BYTES, HTTP_HEAD_BYTES, HTTP_HEADERS, HTTP_TARGET_BYTES
from pointsman.server.http import protocol
from tests.server.http.served import INITIALIZE, served
from tests.server.http.wire import head, request, wire

JSON = "content-type: application/json"
LENGTH = f"content-length: {len(INITIALIZE)}"

REFUSED: dict[str, tuple[str, list[str], int, str]] = {
    "a length said twice over": ("POST /mcp HTTP/1.1", [LENGTH, "transfer-encoding: chunked"], 400, "two ways"),
    "two lengths": ("POST /mcp HTTP/1.1", [LENGTH, "content-length: 7"], 400, "no request"),
    "a length that is no number": ("POST /mcp HTTP/1.1", ["content-length: +5"], 400, "no request"),
    "a negative length": ("POST /mcp HTTP/1.1", ["content-length: -5"], 400, "no request"),
    "a length beyond all bounds": (
        "POST /mcp HTTP/1.1", [f"content-length: {HTTP_DISCARDED_BYTES + 1}"], 413, str(HTTP_DISCARDED_BYTES)
    ),
    "chunks under HTTP/1.0": ("POST /mcp HTTP/1.0", ["transfer-encoding: chunked"], 400, "HTTP/1.0"),
    "another transfer encoding": ("POST /mcp HTTP/1.1", ["transfer-encoding: gzip, chunked"], 501, "no request"),
    "a compressed body": ("POST /mcp HTTP/1.1", [LENGTH, "content-encoding: gzip"], 415, "Content-Encoding"),
    "another charset": ("POST /mcp HTTP/1.1", [LENGTH, "content-type: application/json; charset=utf-16"], 415, "UTF-8"),
    "another expectation": ("POST /mcp HTTP/1.1", [LENGTH, "expect: 200-maybe"], 417, "100-continue"),
    "two hosts": ("POST /mcp HTTP/1.1", [LENGTH, "host: evil.example.com"], 400, "no request"),
    "two sessions": ("POST /mcp HTTP/1.1", ["mcp-session-id: a", "mcp-session-id: a"], 400, "mcp-session-id"),
    "two origins": ("POST /mcp HTTP/1.1", ["origin: null", "origin: http://localhost"], 400, "origin"),
    "NUL in a header": ("POST /mcp HTTP/1.1", ["x-a: a\0b"], 400, "no request"),
    "a line end in a header": ("POST /mcp HTTP/1.1", ["x-a: a\rb: c"], 400, "no request"),
    "a space before the colon": ("POST /mcp HTTP/1.1", ["x-a : b"], 400, "no request"),
    "a header without a name": ("POST /mcp HTTP/1.1", [": b"], 400, "no request"),
    "many headers": ("POST /mcp HTTP/1.1", [f"x-{number}: 1" for number in range(HTTP_HEADERS)], 431, "headers"),
    "a large header": ("POST /mcp HTTP/1.1", ["x-a: " + "a" * HTTP_HEAD_BYTES], 431, str(HTTP_HEAD_BYTES)),
    "a header without an end": ("POST /mcp HTTP/1.1", ["x-a: " + "a" * 1_000_000], 431, str(HTTP_HEAD_BYTES)),
    "a long address": (f"GET /{'a' * HTTP_TARGET_BYTES} HTTP/1.1", [], 414, str(HTTP_TARGET_BYTES)),
    "a method of nobody": ("BREW /mcp HTTP/1.1", [], 501, "method"),
    "TRACE": ("TRACE /mcp HTTP/1.1", [], 501, "method"),
    "CONNECT": ("CONNECT example.com:443 HTTP/1.1", [], 501, "method"),
    "an absolute address": ("GET http://evil.example.com/mcp HTTP/1.1", [], 400, "proxy"),
    "an asterisk": ("OPTIONS * HTTP/1.1", [], 400, "proxy"),
    "HTTP/2 in words": ("GET /mcp HTTP/2.0", [], 505, "HTTP/1.1"),
    "HTTP/0.9": ("GET /mcp", [], 400, "no request"),
    "a line end in the path": ("GET /mcp%0d%0ax: y HTTP/1.1", [], 400, "no request"),
    "NUL in the path": ("GET /mcp%00 HTTP/1.1", [], 404, "nothing"),
    "an escaped line end in the path": ("GET /mcp%0d%0ax HTTP/1.1", [], 404, "nothing"),
    "dots in the path": ("GET /sessions/../mcp HTTP/1.1", [], 404, "nothing"),
    "escaped dots in the path": ("GET /sessions/%2e%2E/mcp HTTP/1.1", [], 404, "nothing"),
    "an escaped slash": ("GET /sessions%2Fmcp HTTP/1.1", [], 404, "nothing"),
    "a backslash": ("GET /sessions\\..\\mcp HTTP/1.1", [], 404, "nothing"),
    "two slashes": ("GET //evil.example.com/mcp HTTP/1.1", [], 404, "nothing"),
    "a right-to-left mark in the path": ("GET /mcp%E2%80%AE HTTP/1.1", [], 404, "nothing"),
    "half a character in the path": ("GET /mcp%C3 HTTP/1.1", [], 404, "nothing"),
    "a byte order mark": ("\xef\xbb\xbfGET /mcp HTTP/1.1", [], 400, "no request"),
    "a space in front": (" GET /mcp HTTP/1.1", [], 400, "no request"),
    "garbage": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [], 400, "no request"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "headers", "status", "message"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_head_that_two_could_read_differently_is_refused_and_the_connection_closed(
    line: str, headers: list[str], status: int, message: str
) -> None:
    """RFC 9112, sections 3, 5, 6 and 11."""
    async with served() as server, wire(server.url) as client:
        sent = asyncio.create_task(client.send(head(server.url, *headers, line=line) + INITIALIZE))
        answer = await client.answer(1)
        await sent
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert message in answer.refusal["message"]
        codes = {404: "NOT_FOUND", 413: "TOO_LARGE", 414: "TOO_LARGE", 431: "TOO_LARGE"}
        assert answer.refusal["code"] == codes.get(status, "MALFORMED")
        assert await client.closed() == b""
        assert server.governed.strays == []


async def test_a_body_in_utf_16_is_no_message() -> None:
    async with served() as server, wire(server.url) as client:
        await client.send(request(server.url, INITIALIZE.decode().encode("utf-16")))
        assert (await client.answer(1)).status == 400


async def test_a_refused_head_of_head_has_no_body() -> None:
    async with served() as server, wire(server.url) as client:
        await client.send(head(server.url, line="HEAD /../mcp HTTP/1.1"))
        heard = await client.closed()
        assert heard.startswith(b"HTTP/1.1 404")
        assert heard.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("POST /mcp HTTP/1.0", [JSON, LENGTH]),
        ("POST /mcp?a=%2F..%00 HTTP/1.1", [JSON, LENGTH]),
        ("POST /mcp HTTP/1.1", ['content-type: application/json; charset="UTF-8"', LENGTH]),
        ("POST /mcp HTTP/1.1", [JSON, LENGTH, "content-encoding: identity"]),
        ("POST /mcp HTTP/1.1", [JSON, LENGTH, "x-a: 1", "x-a: 2", "accept: */*"]),
        ("POST /mcp HTTP/1.1", [JSON, LENGTH, "upgrade: h2c", "connection: upgrade, http2-settings"]),
        ("POST /mcp HTTP/1.1", [JSON, LENGTH, "x-a: a", " folded: once"]),
    ],
)
async def test_what_is_only_unusual_is_served(line: str, headers: list[str]) -> None:
    async with served() as server, wire(server.url) as client:
        await client.send(head(server.url, *headers, line=line) + INITIALIZE)
        assert b"pointsman" in await until_result(client.reader)


async def test_a_client_that_asks_first_whether_to_send_is_told_to_go_on() -> None:
    """RFC 9110, section 10.1.1."""
    async with served() as server, wire(server.url) as client:
        await client.send(head(server.url, JSON, LENGTH, "expect: 100-continue"))
        assert (await client.answer()).status == 100
        await client.send(INITIALIZE)
        assert b"pointsman" in await until_result(client.reader)


async def test_a_body_in_chunks_is_read() -> None:
    async with served() as server, wire(server.url) as client:
        start = head(server.url, JSON, "transfer-encoding: chunked")
        await client.send(start + chunked(INITIALIZE, 1, ";x=y") + b"0\r\nx-trailer: 1\r\n\r\n")
        assert b"pointsman" in await until_result(client.reader)


async def test_a_body_in_silly_chunks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HTTP_CHUNKS", 10)
    async with served() as server, wire(server.url) as client:
        await client.send(head(server.url, JSON, "transfer-encoding: chunked") + chunked(INITIALIZE, 1))
        answer = await client.answer(1)
        assert (answer.status, answer.refusal["message"]) == (400, "The body has more than 10 chunks.")
        assert await client.closed() == b""


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"ffffffffffffffffffffff\r\n", b"3\r\nabcd\r\n", b"3\n\r\n"])
async def test_a_chunk_that_is_none_closes_the_connection(chunk: bytes) -> None:
    async with served() as server, wire(server.url) as client:
        await client.send(head(server.url, JSON, "transfer-encoding: chunked") + b"1\r\n{\r\n" + chunk)
        assert (await client.answer(1)).status == 400
        assert await client.closed() == b""


def chunked(body: bytes, size_bytes: int, extension: str = "") -> bytes:
    """Cut a body into chunks."""
    parts = (body[start : start + size_bytes] for start in range(0, len(body), size_bytes))
    return b"".join(f"{len(part):x}{extension}\r\n".encode() + part + b"\r\n" for part in parts)


async def until_result(reader: asyncio.StreamReader) -> bytes:
    """Read until the result of `initialize` has come, whatever way it is written."""
    heard = b""
    async with asyncio.timeout(5):
        while b'"serverInfo"' not in heard:
            part = await reader.read(65536)
            assert part, heard
            heard += part
    return heard

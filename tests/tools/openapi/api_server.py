"""An HTTP server in a thread that answers with what it was asked, or misbehaves as the path says."""

from __future__ import annotations

import gzip
import json
import socket
import struct
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any

from tests.tools.loopback import QuietHandler, running

MEBIBYTE = 1024 * 1024


class Api(ThreadingHTTPServer):
    """Remembers every request; `document` is what it says of itself, `elsewhere` is where it redirects to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.document: Any = {}
        self.seen: list[dict[str, Any]] = []
        self.elsewhere = ""
        self.released = Event()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def calls(self) -> list[dict[str, Any]]:
        """What was asked, without the asking for the document."""
        return [one for one in self.seen if one["target"] != "/openapi.json"]


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Api  # pyright: ignore[reportIncompatibleVariableOverride] - it is made by no other

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        asked = {
            "method": self.command,
            "target": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        self.server.seen.append(asked)
        name = self.path.partition("?")[0].strip("/").partition("/")[0]
        if name == "openapi.json":
            self.answer(200, json.dumps(self.server.document).encode())
        elif hasattr(self, f"do_{name}"):
            getattr(self, f"do_{name}")()
        else:
            self.answer(200, json.dumps(asked).encode())

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET  # noqa: N815 - what http.server calls

    def do_status(self) -> None:
        _, _, status, *kind = self.path.split("/")
        bodies = {
            "problem": (b'{"title": "No money.", "detail": "It lacks 5.", "type": "x"}', "application/problem+json"),
            "json": (b'{"error": "no"}', "application/json"),
            "text": (b"no \x1b[31mway\xe2\x80\xae", "text/plain"),
            "binary": (b"\x00\x01", "image/png"),
            "long": (b"z" * MEBIBYTE, "text/plain"),
            "secret": (b"bad token s-123456", "text/plain"),
        }
        body, media_type = bodies[kind[0]] if kind else (b"", "text/plain")
        later = {"retry-after": kind[1]} if len(kind) > 1 else {}
        self.answer(int(status), body, kind=media_type, **later)

    def do_redirect(self) -> None:
        self.answer(307, b"", location=self.server.elsewhere)

    def do_huge(self) -> None:
        self.answer(200, b'"' + b"z" * 50 * MEBIBYTE + b'"')

    def do_endless(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        while True:
            self.wfile.write(b"z" * 100_000)

    def do_packed(self) -> None:
        self.answer(200, gzip.compress(b" " * 50 * MEBIBYTE), **{"content-encoding": "gzip"})

    def do_garbage(self) -> None:
        self.answer(200, b"{oops")

    def do_nan(self) -> None:
        self.answer(200, b'{"a": NaN}')

    def do_doubled(self) -> None:
        self.answer(200, b'{"a": 1, "a": 2}')

    def do_deep(self) -> None:
        self.answer(200, b"[" * 100_000)

    def do_hang(self) -> None:
        self.server.released.wait(30)
        self.close_connection = True

    def do_lost(self) -> None:
        self.close_connection = True

    def do_reset(self) -> None:
        """Begin an answer, and reset the connection in the middle of it."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "1000")
        self.end_headers()
        self.wfile.write(b'{"a": ')
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def do_cookie(self) -> None:
        self.answer(200, b"{}", **{"set-cookie": "trace=1; Path=/"})

    def do_nothing(self) -> None:
        self.answer(204, b"")

    def do_text(self) -> None:
        self.answer(200, "Grüße".encode("latin-1"), kind="text/plain; charset=ISO-8859-1")

    def do_mistext(self) -> None:
        self.answer(200, b"\xff", kind="text/plain")

    def do_image(self) -> None:
        self.answer(200, b"\x89PNG", kind="image/png")


@contextmanager
def serving() -> Generator[Api]:
    with running(Api()) as api:
        try:
            yield api
        finally:
            api.released.set()

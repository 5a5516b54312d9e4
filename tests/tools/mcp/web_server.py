"""An HTTP server in a thread that speaks just enough MCP, and misbehaves in a call as the tool's name says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.tools.loopback import QuietHandler, running

TOOLS = ("echo", "redirect", "huge", "endless", "packed", "unauthorized", "broken", "lost", "page", "gateway")


class Web(ThreadingHTTPServer):
    """Remembers the headers of every request; `elsewhere` is where it redirects to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[dict[str, str]] = []
        self.elsewhere = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/mcp"


class Handler(QuietHandler, BaseHTTPRequestHandler):
    server: Web  # pyright: ignore[reportIncompatibleVariableOverride] - it is made by no other

    def do_POST(self) -> None:
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        method = message["method"]
        if "id" not in message:
            self.answer(202, b"")
        elif method == "initialize":
            version = message["params"]["protocolVersion"]
            info = {"name": "web", "version": "1"}
            self.result(message, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        elif method == "tools/list":
            self.result(message, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]})
        elif method == "tools/call":
            getattr(self, message["params"]["name"])(message)
        else:
            self.answer(400, b"no such method", kind="text/plain")

    def do_GET(self) -> None:
        self.answer(405, b"")

    def do_DELETE(self) -> None:
        self.answer(204, b"")

    def echo(self, message: dict[str, Any]) -> None:
        self.result(message, {"content": [{"type": "text", "text": "ok"}]})

    def redirect(self, _message: dict[str, Any]) -> None:
        self.answer(307, b"", location=self.server.elsewhere)

    def huge(self, message: dict[str, Any]) -> None:
        self.result(message, {"content": [{"type": "text", "text": "z" * 50 * 1024 * 1024}]})

    def endless(self, _message: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        while True:
            self.wfile.write(b"data: " + b"z" * 100_000)

    def packed(self, _message: dict[str, Any]) -> None:
        self.answer(200, gzip.compress(b" " * 50 * 1024 * 1024), **{"content-encoding": "gzip"})

    def unauthorized(self, _message: dict[str, Any]) -> None:
        self.answer(401, b"who are you", kind="text/plain")

    def page(self, _message: dict[str, Any]) -> None:
        self.answer(200, b"<h1>Welcome</h1>", kind="text/html")

    def gateway(self, _message: dict[str, Any]) -> None:
        self.answer(504, b'{"message": "Endpoint request timed out"}')

    def broken(self, _message: dict[str, Any]) -> None:
        self.answer(200, b"{oops")

    def lost(self, _message: dict[str, Any]) -> None:
        self.close_connection = True

    def result(self, message: dict[str, Any], result: dict[str, Any]) -> None:
        self.answer(200, json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode())


@contextmanager
def serving() -> Generator[Web]:
    with running(Web()) as web:
        yield web

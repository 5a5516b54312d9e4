"""A server where the Messages API should be, that answers whatever a test wants, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Event

from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import Tokens
from pointsman.server.scripts.messages_api.events import blocks_of, event, events_of, message_of
from pointsman.server.scripts.messages_api.replies import Reply
from tests.tools.loopback import QuietHandler, running

CANARY = "sk-canary-6f1d"


class Faulty(ThreadingHTTPServer):
    """Gives one answer after the other, the last one for ever. An answer is a status, headers, and pieces of a body."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.count = 0
        self.over = Event()

    @property
    def environment(self) -> dict[str, str]:
        return {"ANTHROPIC_API_KEY": CANARY, "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.server_port}"}


class Handler(QuietHandler):
    def do_POST(self) -> None:  # noqa: N802 -- the name it is called by
        self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        assert isinstance(server, Faulty)
        answer = server.answers[min(server.count, len(server.answers) - 1)]
        server.count += 1
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        for piece in answer.pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            if answer.drip_s and server.over.wait(answer.drip_s):
                break
        self.close_connection = True


class Answer:
    def __init__(
        self, *pieces: bytes, status: int = 200, headers: dict[str, str] | None = None, drip_s: float = 0.0
    ) -> None:
        self.status = status
        self.headers = {"content-type": "text/event-stream" if status == 200 else "application/json", **(headers or {})}
        self.pieces: Iterable[bytes] = pieces
        self.drip_s = drip_s

    @classmethod
    def of(cls, pieces: Iterable[bytes], drip_s: float = 0.0) -> Answer:
        answer = cls(drip_s=drip_s)
        answer.pieces = pieces
        return answer


def good(reply: Reply) -> list[bytes]:
    return list(events_of(message_of("claude-opus-5-5", 1, blocks_of(reply, 1), reply, Tokens(1, 2, 3, 4))))


def error(status: int, kind: str, message: str, *, code: str | None = None, **headers: str) -> Answer:
    details = {} if code is None else {"details": {"error_code": code}}
    body = {"type": "error", "error": {"type": kind, "message": message, **details}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(body).encode(), status=status, headers=named)


def started(**message: object) -> bytes:
    whole = {"type": "message", "model": "claude-opus-5-5", "usage": {"input_tokens": 1}, **message}
    return b"event: message_start\ndata: " + json.dumps({"type": "message_start", "message": whole}).encode() + b"\n\n"


def deltas(delta: JsonObject) -> Iterator[bytes]:
    while True:
        yield event({"type": "content_block_delta", "index": 0, "delta": delta})


def text_block() -> bytes:
    return event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})


@contextmanager
def faulty(*answers: Answer) -> Generator[Faulty]:
    with running(Faulty(*answers)) as server:
        try:
            yield server
        finally:
            server.over.set()

"""The server: real HTTP on a port of 127.0.0.1, in threads of its own, for as long as its context lasts."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from socketserver import BaseServer
from threading import Lock, Thread
from typing import Final

from typing_extensions import override

from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import JsonObject

from ...bounds import MESSAGES_API_BODY_BYTES, MESSAGES_API_DEPTH, MESSAGES_API_REQUESTS
from .checking import check
from .counting import Counting
from .events import blocks_of, error_of, events_of, message_of
from .refused import Refused
from .replies import Answering, Reply, Unscripted, in_order

PATH: Final = "/v1/messages"
KEY: Final = "sk-local-messages-api"
"""The key that the server takes where none is said: it is no secret, and opens nothing else."""
_KEY_HEADERS: Final = ("authorization", "x-api-key")
_SOCKET_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it has arrived: its path, its headers without the key (names in small letters), and its body."""

    path: str
    headers: dict[str, str]
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with its HTTP status and its name: a message, to be streamed or not, or an error."""

    status: int
    name: str
    document: JsonObject
    stream: bool = False


class MessagesApi:
    """What the server knows. `requests` are the last ones that arrived, `count` is how many there were in all."""

    def __init__(self, answering: Answering, key: str, models: Collection[str] | None) -> None:
        self._answering = answering
        self._models = models
        self._answering_one = Lock()
        self._recording = Lock()
        self._counting = Counting()
        self._json = JsonReader(MESSAGES_API_DEPTH)
        self._requests: deque[Recorded] = deque(maxlen=MESSAGES_API_REQUESTS)
        self.key = key
        self.count = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens: what `ANTHROPIC_BASE_URL` says."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What leads the SDK of a process here."""
        return {"ANTHROPIC_API_KEY": self.key, "ANTHROPIC_BASE_URL": self.url}

    @property
    def requests(self) -> list[Recorded]:
        with self._recording:
            return list(self._requests)

    def answer(self, path: str, headers: dict[str, str], body: bytes | None) -> Answered:
        """Answer a request, one at a time. A body of None was too large to be read.

        Whoever makes up the answer may look at the requests meanwhile, and so may everybody else.
        """
        with self._answering_one:
            self.count += 1
            name = f"req_{self.count:024d}"
            try:
                request = self._request(path, headers, body)
                return Answered(200, name, self._message(request, path, headers), stream=request.get("stream") is True)
            except Refused as refused:
                return Answered(refused.status, name, error_of(refused.kind, str(refused), name))

    def _request(self, path: str, headers: dict[str, str], body: bytes | None) -> JsonObject:
        if body is None:
            raise Refused("Request exceeds the maximum size", "request_too_large", 413)
        read = self._json.read(body)
        if isinstance(read, Fault) or read.fault is not None or not isinstance(read.value, dict):
            raise Refused("The request body is not valid JSON.")
        kept = {member: value for member, value in headers.items() if member not in _KEY_HEADERS}
        with self._recording:
            self._requests.append(Recorded(path, kept, read.value))
        return read.value

    def _message(self, request: JsonObject, path: str, headers: dict[str, str]) -> JsonObject:
        if path != PATH:
            raise Refused("Not Found", "not_found_error", 404)
        if not self._is_key(headers):
            raise Refused("invalid x-api-key", "authentication_error", 401)
        if "anthropic-version" not in headers:
            raise Refused("anthropic-version: header is required")
        model = request.get("model")
        if not isinstance(model, str) or not self._knows(model):
            raise Refused(f"model: {model}", "not_found_error", 404)
        check(request)
        reply = self._reply(request)
        blocks = blocks_of(reply, self.count)
        tokens = reply.tokens or self._counting.tokens(request, blocks)
        return message_of(model, self.count, blocks, reply, tokens)

    def _is_key(self, headers: dict[str, str]) -> bool:
        """Whether the key is there, in either of the two headers that the API takes it in."""
        return headers.get("authorization") == f"Bearer {self.key}" or headers.get("x-api-key") == self.key

    def _knows(self, model: str) -> bool:
        return model.startswith("claude-") if self._models is None else model in self._models

    def _reply(self, request: JsonObject) -> Reply:
        try:
            reply = self._answering(request)
        except Unscripted as error:
            raise Refused(str(error)) from error
        if reply.fault == "overloaded":
            raise Refused("Overloaded", "overloaded_error", 529)
        return reply


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, and writes its answer as JSON or as a stream of events."""

    protocol_version = "HTTP/1.1"
    timeout = _SOCKET_TIMEOUT_S

    def __init__(self, api: MessagesApi, request: socket, client_address: object, server: BaseServer) -> None:
        self._api = api
        super().__init__(request, client_address, server)

    def do_POST(self) -> None:
        """Answer."""
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        answered = self._api.answer(self.path.partition("?")[0], headers, body)
        self.close_connection = body is None  # what was not read would be taken for the next request
        self.send_response(answered.status)
        self.send_header("content-type", "text/event-stream; charset=utf-8" if answered.stream else "application/json")
        self.send_header("request-id", answered.name)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        whole = json.dumps(answered.document).encode()
        for part in events_of(answered.document) if answered.stream else (whole,):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> bytes | None:
        """Read the body; None where it has no length, or too long a one."""
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > MESSAGES_API_BODY_BYTES:
            return None
        return self.rfile.read(int(length))

    @override
    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):  # the client has gone
            self.close_connection = True

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: standard error belongs to the command."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def messages_api(
    answers: Iterable[Reply] | Callable[[JsonObject], Reply],
    *,
    key: str = KEY,
    models: Collection[str] | None = None,
) -> Generator[MessagesApi]:
    """Serve the Messages API on this machine.

    Args:
        answers: What is answered, in order, or by a function of the request; it is called by one thread at a time.
        key: The key that requests must bring.
        models: The models there are; left out, every name that begins with `claude-`.
    """
    api = MessagesApi(answers if callable(answers) else in_order(answers), key, models)
    server = _Server(("127.0.0.1", 0), partial(_Handler, api))
    api.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="messages api", daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

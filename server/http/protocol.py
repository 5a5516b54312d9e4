"""Reads and writes HTTP/1.1 on one connection: uvicorn's protocol over h11, within bounds of its own.

Nothing behind this ever waits for a head, sees a head that `heads` refuses, or writes to a client that does not read.
A request that is sent before the last one was answered is not read; its connection is closed after the answer.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from pointsman.fsm.refusals import Refusal

from ..bounds import (
    HTTP_CHUNKS,
    HTTP_DISCARDED_BYTES,
    HTTP_HEAD_BYTES,
    HTTP_SENDING_BYTES,
    HTTP_STALL_BYTES,
    HTTP_STALL_MS,
)
from .boundary import HEADERS
from .connections import Connections, give_standing
from .heads import NotServed, fault_of_head
from .refusals import TOO_BUSY, refusal_body

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

_PART_BYTES: Final = 16 * 1024
"""What is parsed at once: more would lie in the parser's buffer while a request runs."""
_HEADERS: Final = [
    (name.encode(), value.encode()) for name, value in {"content-type": "application/json", **HEADERS}.items()
]
_NO_HTTP: Final = "This is no request of HTTP/1.1."


class HttpProtocol(H11Protocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all = server_state
        self._serves = cast("ASGI3Application", config.loaded_app)  # pyright: ignore[reportUnknownMemberType]  # uvicorn's
        self._chunks = self._discarded_bytes = 0
        self._refused = False
        self._stall: asyncio.TimerHandle | None = None
        self.app_state = dict(app_state)
        give_standing(self.app_state, self._all, self)
        self.conn = self._parser = _Parser(self._heard)

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # whatever is not taken at once is watched
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, HTTP_SENDING_BYTES)
        # asyncio does it only where the listener was made with this protocol said; else a body waits 40 ms for its head
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._all.open(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._all.leave(self)
        self._reads_again()
        self.app_state.clear()
        self._parser.end()
        self.cycle = cast("RequestResponseCycle", None)  # as before the first request; else it is kept in a circle

    @override
    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._discard(len(data))
            return
        if self._all.phase(self) == "idle":
            self._all.enter(self, "head")
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        for start in range(0, len(data), _PART_BYTES):
            if self._answering():
                self.cycle.keep_alive = False
                self._discard(len(data) - start)
                return
            super().data_received(data[start : start + _PART_BYTES])
            if self._refused or self.transport.is_closing():
                return
        if self._answering() and self.conn.trailing_data[0]:
            self.cycle.keep_alive = False
            self.flow.resume_reading()

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer what is not served, and close; the client is given a moment to hear it."""
        self._refused = True
        asked = self._request
        if asked is not None and not asked.response_complete:
            asked.disconnected = True
            asked.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        body = json.dumps(refusal_body(self._parser.fault.refusal)).encode()
        headers = [*_HEADERS, (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        status = self._parser.fault.status
        self.transport.write(self.conn.send(h11.Response(status_code=status, headers=headers, reason=status.phrase)))
        if not self._parser.answers_head:
            self.transport.write(self.conn.send(h11.Data(data=body)))
        self.transport.write_eof()
        self._all.enter(self, "rest")

    @override
    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._all.enter(self, "rest")
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.DONE:
            self.conn.start_next_cycle()
            self._all.enter(self, "idle")

    @override
    def shutdown(self) -> None:
        if self._refused:
            self.transport.close()
        else:
            super().shutdown()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(HTTP_STALL_MS / 1000, self._still_unread, self.unread_bytes())
        self._all.stall(self)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._reads_again()

    @property
    def _request(self) -> RequestResponseCycle | None:
        """The last request of this connection; None before the first, which uvicorn's types do not say."""
        return cast("RequestResponseCycle | None", self.cycle)

    def give_up(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def unread_bytes(self) -> int:
        """Give how much of its answer has not been taken yet."""
        return self.transport.get_write_buffer_size()

    def _heard(self, event: h11.Event) -> NotServed | None:
        """Follow what the client sends; say why it is not served."""
        match event:
            case h11.Request():
                fault = fault_of_head(event)
                if fault is None:
                    self._chunks = self._discarded_bytes = 0
                    self.app = self._serves if self._all.admits_request() else cast("ASGI3Application", TOO_BUSY)
                    self._all.enter(self, "body")
                return fault
            case h11.Data():
                return self._part_heard(event)
            case h11.EndOfMessage():
                self._all.enter(self, "idle" if self.conn.our_state is h11.DONE else "running")
            case _:
                pass
        return None

    def _part_heard(self, part: h11.Data) -> NotServed | None:
        self._chunks += part.chunk_start
        if self._chunks > HTTP_CHUNKS:
            refusal = Refusal("MALFORMED", f"The body has more than {HTTP_CHUNKS} chunks.")
            return NotServed(HTTPStatus.BAD_REQUEST, refusal)
        if self.conn.our_state is h11.DONE:
            self._discard(len(part.data))
        return None

    def _answering(self) -> bool:
        """Whether a request has come whole, and its answer has not gone whole."""
        return self._request is not None and self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)

    def _discard(self, size_bytes: int) -> None:
        self._discarded_bytes += size_bytes
        if self._discarded_bytes > HTTP_DISCARDED_BYTES:
            self.transport.abort()

    def _still_unread(self, before_bytes: int) -> None:
        unread_bytes = self.unread_bytes()
        if unread_bytes > before_bytes - HTTP_STALL_BYTES:
            self.transport.abort()
        else:
            self._stall = self.loop.call_later(HTTP_STALL_MS / 1000, self._still_unread, unread_bytes)

    def _reads_again(self) -> None:
        self._all.resume(self)
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


class _Parser(h11.Connection):
    """h11, and what is judged of each event before uvicorn sees it.

    Args:
        heard: Follows the events; what it says is refused as if it were no HTTP.
    """

    def __init__(self, heard: Callable[[h11.Event], NotServed | None]) -> None:
        super().__init__(h11.SERVER, HTTP_HEAD_BYTES)
        self._heard = heard
        self.fault = NotServed(HTTPStatus.BAD_REQUEST, Refusal("MALFORMED", _NO_HTTP))

    def end(self) -> None:
        """Let go of who follows the events."""
        self._heard = _deaf

    @property
    def answers_head(self) -> bool:
        """Whether what is answered has no body."""
        return self._request_method == b"HEAD"

    @override
    def next_event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as error:
            large = error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            message = f"The headers of the request have more than {HTTP_HEAD_BYTES} bytes." if large else _NO_HTTP
            refusal = Refusal("TOO_LARGE" if large else "MALFORMED", message)
            self.fault = NotServed(HTTPStatus(error.error_status_hint), refusal)
            raise
        fault = self._heard(event) if isinstance(event, h11.Event) else None
        if fault is not None:
            self.fault = fault
            raise h11.RemoteProtocolError(fault.refusal.message, fault.status)
        return event


def _deaf(_event: h11.Event) -> None:
    """Follow nothing any more."""

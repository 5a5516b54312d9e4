"""One connection and its bounds: slow heads and bodies, answers nobody reads, requests sent too early."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pointsman.fsm.session import Actor
from pointsman.server.bounds import HTTP_BODIES_BYTES, HTTP_DISCARDED_BYTES
from pointsman.server.http import connections as bounds
from pointsman.server.http import protocol
from pointsman.server.http.bodies import read_body
from pointsman.server.http.connections import Connections, waits_for_news
from pointsman.server.http.protocol import HttpProtocol
from pointsman.server.http.serving import Server
from tests.server.http.served import until
from tests.server.http.wire import Wire, head, request, wire

BODY = b"{}"


@dataclass
class Answering:
    """A server of our protocol, and of an application that does as it is asked by the path."""

    connections: Connections
    url: str = ""
    asked: list[str] = field(default_factory=list[str])
    gone: list[str] = field(default_factory=list[str])
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Request(scope, receive)
        path = asked.url.path
        self.asked.append(path)
        if path != "/unread":
            try:
                body = await read_body(asked, HTTP_BODIES_BYTES)
            except ClientDisconnect:
                self.gone.append(path)
                return
            if isinstance(body, Response):
                await body(scope, receive, send)
                return
        if path == "/news" and not waits_for_news(scope, Actor("agent", "ann")):
            await Response(status_code=503)(scope, receive, send)
            return
        if path in ("/wait", "/news"):
            await self.go_on.wait()
        answer = b"x" * 32 * 1024 * 1024 if path == "/large" else path.encode()
        await PlainTextResponse(answer)(scope, receive, send)


@asynccontextmanager
async def answering(limit: int = 100) -> AsyncGenerator[Answering]:
    loop = asyncio.get_running_loop()
    app = Answering(Connections(limit, loop.time))
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config, app.connections)
    listener = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield app
    finally:
        app.go_on.set()
        server.should_exit = True
        async with asyncio.timeout(5):
            await serving


async def answered(client: Wire, app: Answering, path: str = "/mcp") -> bool:
    """Whether a request over this connection is answered."""
    await client.send(request(app.url, BODY, line=f"POST {path} HTTP/1.1"))
    return (await client.answer()).status == 200


Sends = Callable[[Wire, str], Awaitable[None]]


async def nothing(client: Wire, url: str) -> None:
    pass


async def half_a_head(client: Wire, url: str) -> None:
    await client.send(head(url)[:-2])


async def a_head_by_bytes(client: Wire, url: str) -> None:
    with contextlib.suppress(ConnectionError):
        for byte in head(url)[:-2]:
            await client.send(bytes([byte]))
            await asyncio.sleep(0.01)


async def a_head_in_utf_16(client: Wire, url: str) -> None:
    await client.send(head(url).decode().encode("utf-16"))


async def a_second_half_a_head(client: Wire, url: str) -> None:
    await client.send(request(url, BODY))
    await client.answer()
    await client.send(head(url)[:-2])


@pytest.mark.parametrize("sends", [nothing, half_a_head, a_head_by_bytes, a_head_in_utf_16, a_second_half_a_head])
async def test_a_head_that_does_not_come_closes_the_connection(sends: Sends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_HEAD_MS", 200)
    async with answering() as app, wire(app.url) as client:
        await sends(client, app.url)
        assert await client.closed(2) == b""
        await until(lambda: len(app.connections) == 0)


async def test_no_part_of_an_answer_is_held_back_until_the_client_has_acknowledged_another() -> None:
    async with answering() as app, wire(app.url) as client:
        assert await answered(client, app)
        (connection,) = app.connections.connections
        kernel = connection.transport.get_extra_info("socket")
        assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_connection_is_kept_for_the_next_request_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_HEAD_MS", 100)
    monkeypatch.setattr(bounds, "HTTP_KEEP_ALIVE_MS", 600)
    async with answering() as app, wire(app.url) as client:
        assert await answered(client, app)
        await asyncio.sleep(0.4)
        assert await answered(client, app)
        assert await client.closed(2) == b""


async def test_the_body_of_an_answer_does_not_wait_until_its_head_is_acknowledged() -> None:
    """Nagle's algorithm and delayed acknowledgements together take 40 ms of every answer but the first few."""
    async with answering() as app, wire(app.url) as client:
        taken_s: list[float] = []
        for _ in range(40):
            begun = time.monotonic()
            assert await answered(client, app)
            taken_s.append(time.monotonic() - begun)
        assert statistics.median(taken_s) < 0.03


async def test_a_body_that_does_not_come_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_BODY_MS", 100)
    monkeypatch.setattr(bounds, "HTTP_LINGER_MS", 100)
    async with answering() as app, wire(app.url) as client:
        await client.send(head(app.url, "content-length: 5") + b"x")
        assert await client.closed(2) == b""
        await until(lambda: app.gone == ["/mcp"])


async def test_a_body_that_is_not_read_may_end_and_the_connection_is_kept() -> None:
    async with answering() as app, wire(app.url) as client:
        await client.send(head(app.url, "content-length: 5", line="POST /unread HTTP/1.1") + b"x")
        assert (await client.answer()).status == 200
        await client.send(b"xxxx")
        assert await answered(client, app)


async def test_a_body_that_is_not_read_and_does_not_end_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_LINGER_MS", 300)
    async with answering() as app, wire(app.url) as client:
        await client.send(head(app.url, "content-length: 99999", line="POST /unread HTTP/1.1"))
        assert (await client.answer()).status == 200
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(2):
                while True:
                    await client.send(b"x")
                    await asyncio.sleep(0.02)
        assert len(app.connections) == 0


async def test_a_flood_that_is_not_read_is_cut_off() -> None:
    async with answering() as app, wire(app.url) as client:
        await client.send(head(app.url, "transfer-encoding: chunked", line="POST /unread HTTP/1.1") + b"fffffff\r\n")
        assert (await client.answer()).status == 200
        with contextlib.suppress(ConnectionError):
            await client.send(b"x" * 2 * HTTP_DISCARDED_BYTES)
        await until(lambda: len(app.connections) == 0, 1)


async def test_an_answer_that_is_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HTTP_STALL_MS", 200)
    async with answering() as app, wire(app.url) as client:
        await client.send(request(app.url, BODY, line="POST /large HTTP/1.1"))
        await until(lambda: app.asked == ["/large"])
        await until(lambda: len(app.connections) == 0, 2)
        assert len(await client.closed()) < 32 * 1024 * 1024


async def test_an_answer_that_is_read_slowly_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HTTP_STALL_MS", 100)
    monkeypatch.setattr(bounds, "HTTP_LINGER_MS", 100)
    async with answering() as app, wire(app.url) as client:
        await client.send(request(app.url, BODY, "connection: close", line="POST /large HTTP/1.1"))
        heard = 0
        async with asyncio.timeout(20):
            while part := await client.reader.read(400_000):
                heard += len(part)
                await asyncio.sleep(0.01)
        assert heard > 32 * 1024 * 1024


async def test_of_all_answers_that_are_not_read_only_so_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_UNREAD_BYTES", 40 * 1024 * 1024)
    async with answering() as app, wire(app.url) as one, wire(app.url) as two:
        for client in (one, two):
            await client.send(request(app.url, BODY, "connection: close", line="POST /large HTTP/1.1"))
            await until(lambda: len(app.connections) < 2 or app.connections.stalled > 0)
        assert len(await one.closed(20)) < 32 * 1024 * 1024 < len(await two.closed(20))


async def test_a_request_sent_before_the_last_was_answered_is_not_read() -> None:
    """RFC 9112, section 9.3.2: it may be closed; its client asks again."""
    async with answering() as app, wire(app.url) as client:
        two = request(app.url, BODY, line="POST /wait HTTP/1.1") + request(app.url, BODY, line="POST /two HTTP/1.1")
        await client.send(two)
        await until(lambda: app.asked == ["/wait"])
        await client.send(request(app.url, BODY, line="POST /three HTTP/1.1"))
        app.go_on.set()
        assert (await client.answer()).body == b"/wait"
        assert await client.closed() == b""
        assert app.asked == ["/wait"]


async def test_a_flood_behind_a_request_ends_it() -> None:
    async with answering() as app, wire(app.url) as client:
        await client.send(request(app.url, BODY, line="POST /wait HTTP/1.1"))
        with contextlib.suppress(ConnectionError):
            await client.send(b"x" * 2 * HTTP_DISCARDED_BYTES)
        await until(lambda: len(app.connections) == 0)


async def test_a_client_that_goes_while_it_is_answered_is_noticed_though_it_has_sent_more() -> None:
    async with answering() as app:
        async with wire(app.url) as client:
            await client.send(request(app.url, BODY, line="POST /wait HTTP/1.1") + b"GET / HTTP/1.1\r\n")
            await until(lambda: app.asked == ["/wait"])
        await until(lambda: len(app.connections) == 0)


async def test_a_new_connection_takes_the_place_of_the_one_that_has_been_silent_longest() -> None:
    async with answering(limit=4) as app, wire(app.url) as good:
        assert await answered(good, app)
        async with contextlib.AsyncExitStack() as stack:
            silent = [await stack.enter_async_context(wire(app.url)) for _ in range(6)]
            for closed in silent[:3]:
                assert await closed.closed() == b""
            assert await answered(silent[5], app)
            assert await answered(good, app)
            assert len(app.connections) == 4


async def test_one_request_more_than_can_run_is_told_to_come_again_and_its_connection_is_kept() -> None:
    async with answering(limit=8) as app, wire(app.url) as one, wire(app.url) as two, wire(app.url) as three:
        for client in (one, two):
            await client.send(request(app.url, BODY, line="POST /wait HTTP/1.1"))
        await until(lambda: app.asked == ["/wait", "/wait"])
        await three.send(request(app.url, BODY))
        busy = await three.answer()
        assert (busy.status, busy.headers["retry-after"], busy.refusal["code"]) == (503, "1", "BUSY")
        app.go_on.set()
        assert [(await client.answer()).status for client in (one, two)] == [200, 200]
        assert await answered(three, app)


async def test_bodies_that_do_not_come_give_way_to_requests() -> None:
    async with answering(limit=8) as app, contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            slow = await stack.enter_async_context(wire(app.url))
            await slow.send(head(app.url, "content-length: 5") + b"x")
        good = await stack.enter_async_context(wire(app.url))
        assert await answered(good, app)


async def test_of_all_bodies_only_so_much_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_BODIES_BYTES", 90_000)
    monkeypatch.setattr(bounds, "_SMALL_BYTES", 10_000)
    async with answering() as app, wire(app.url) as one, wire(app.url) as two, wire(app.url) as good:
        for client in (one, two):
            await client.send(head(app.url, "content-length: 99999") + b"x" * 60_000)
        assert await one.closed() == b""
        await two.send(b"x" * 39_999)
        assert (await two.answer()).status == 200
        assert await answered(good, app)
        await good.send(head(app.url, "content-length: 199999") + b"x" * 199_999)
        busy = await good.answer()
        assert (busy.status, busy.refusal["code"], busy.headers["retry-after"]) == (503, "BUSY", "1")


async def test_who_waits_for_news_takes_no_place_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HTTP_NEWS_OF_ONE", 3)
    async with answering(limit=8) as app, contextlib.AsyncExitStack() as stack:
        waiting = [await stack.enter_async_context(wire(app.url)) for _ in range(3)]
        for count, client in enumerate(waiting, 1):
            await client.send(request(app.url, BODY, line="POST /news HTTP/1.1"))
            await until(partial(awaits_news, app, count))
        one_more = await stack.enter_async_context(wire(app.url))
        await one_more.send(request(app.url, BODY, line="POST /news HTTP/1.1"))
        assert (await one_more.answer()).status == 503
        assert await answered(one_more, app)
        app.go_on.set()
        for client in waiting:
            assert (await client.answer()).status == 200
        assert await answered(waiting[0], app, "/news")


def awaits_news(app: Answering, count: int) -> bool:
    return app.connections.awaiting_news == count


LINES = st.sampled_from(
    [b"GET /mcp HTTP/1.1\r\n", b"POST /mcp HTTP/1.1\r\n", b"HEAD / HTTP/1.0\r\n", b"host: x\r\n", b"\r\n", b"\n", b"\r",
     b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n", b"connection: close\r\n", b"expect: 100-continue\r\n",
     b"upgrade: websocket\r\n", b"connection: upgrade\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b" folded\r\n"]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(LINES, st.binary(max_size=20)), max_size=12))
def test_whatever_is_sent_the_connection_ends_and_the_server_goes_on(
    parts: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    async def attack() -> None:
        async with answering() as app:
            async with wire(app.url) as client:
                with contextlib.suppress(ConnectionError):
                    for part in parts:
                        await client.send(part)
                        await asyncio.sleep(0)
                    client.writer.write_eof()
                    await client.closed()
            async with wire(app.url) as good:
                assert await answered(good, app)

    asyncio.run(attack())
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []

"""Calls of operations over HTTP: what every end means (design, section 6)."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Effect

from .api_server import Api
from .workshop import SHORT_MS, Desk, asked, call, document, get


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("/nothing", None),
        ("/text", {"text": "Grüße"}),
        ("/image", {"content_type": "image/png", "base64": "iVBORw=="}),
        ("/cookie", {}),
        ("/status/204", None),
        ("/status/201/json", {"error": "no"}),
    ],
)
async def test_json_is_the_result_and_everything_else_says_what_it_is(
    desk: Desk, api: Api, path: str, result: Json
) -> None:
    source = await desk.pinned(document(get(path)), base_url=api.origin)
    done = await call(source, effect="write")
    assert (done.outcome, done.result) == ("done", result)


async def test_a_head_answers_nothing(desk: Desk, api: Api) -> None:
    source = await desk.pinned(document({"/it": {"head": {"operationId": "it"}}}), base_url=api.origin)
    assert (await call(source)).result is None


async def test_cookies_are_not_kept(desk: Desk, api: Api) -> None:
    source = await desk.pinned(document(get("/cookie")), base_url=api.origin)
    for _ in range(2):
        await call(source)
    assert "cookie" not in api.calls()[-1]["headers"]


async def test_proxies_of_the_environment_are_not_used(desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await asked(desk, api, document(get("/it")), {}))["target"] == "/v1/it"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/status/422/problem", "api.it answered with HTTP 422 Unprocessable Content: No money.: It lacks 5."),
        ("/status/400/json", 'api.it answered with HTTP 400 Bad Request: {"error": "no"}'),
        ("/status/403/text", "api.it answered with HTTP 403 Forbidden: no \\x1b[31mway\\u202e"),
        ("/status/404", "api.it answered with HTTP 404 Not Found"),
        ("/status/599/binary", "api.it answered with HTTP 599"),
        ("/status/401/secret", "api.it answered with HTTP 401 Unauthorized: bad token [redacted]"),
    ],
)
@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
async def test_an_error_status_is_told_in_the_servers_words_and_proves_nothing_about_a_write(
    desk: Desk, api: Api, path: str, message: str, effect: Effect, outcome: str
) -> None:
    desk.environment["TOKEN"] = "s-123456"
    source = await desk.pinned(document(get(path)), base_url=api.origin, headers={"x-key": "${TOKEN}"})
    ended = await call(source, effect=effect)
    said = (ended.error or "").replace("Unprocessable Entity", "Unprocessable Content")  # its name until Python 3.13
    assert (ended.outcome, said) == (outcome, message)


async def test_a_long_error_is_cut(desk: Desk, api: Api) -> None:
    source = await desk.pinned(document(get("/status/500/long")), base_url=api.origin)
    assert len((await call(source)).error or "") <= 2_000


@pytest.mark.parametrize(
    ("status", "cut_off"), [(500, False), (429, False), (408, True), (502, True), (504, True), (522, True)]
)
async def test_a_write_may_be_under_way_behind_a_gateway_that_gives_up(
    desk: Desk, api: Api, status: int, cut_off: bool
) -> None:
    """So that a `reconcile` is not believed too early when it finds nothing."""
    source = await desk.pinned(document(get(f"/status/{status}/text")), base_url=api.origin)
    ended = await call(source, effect="write")
    assert (ended.outcome, ended.cut_off) == ("unknown", cut_off)


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (400, 1), (307, 1), (408, 3), (429, 3), (500, 3), (503, 3)])
async def test_a_read_is_tried_again_where_that_may_help(desk: Desk, api: Api, status: int, tries: int) -> None:
    source = await desk.pinned(document(get(f"/status/{status}/text")), base_url=api.origin)
    assert (await call(source, attempts=3)).attempts == tries
    assert len(api.calls()) == tries


@pytest.mark.parametrize(
    ("said", "waits"),
    [("3", [3.0]), ("0", [0.2]), ("9999999", [60.0]), ("Fri,%2031%20Dec%201999", [0.2]), ("-1", [0.2])],
)
async def test_a_server_that_asks_to_be_left_alone_is(desk: Desk, api: Api, said: str, waits: list[float]) -> None:
    """RFC 9110, section 10.2.3; but for no longer than the bound."""
    source = await desk.pinned(document(get(f"/status/429/text/{said}")), base_url=api.origin)
    await call(source, attempts=2, backoff_ms=200)
    assert desk.slept == waits


async def test_an_answer_that_is_not_what_the_document_says_is_not_kept(desk: Desk, api: Api) -> None:
    responses: JsonObject = {
        "200": {
            "description": "",
            "content": {"application/json": {"schema": {"properties": {"method": {"const": "PUT"}}}}},
        }
    }
    source = await desk.pinned(document(get("/it", responses=responses)), base_url=api.origin)
    ended = await call(source, effect="write")
    assert ended.outcome == "unknown"
    assert "its result cannot be kept: it is not what the document says: method" in (ended.error or "")


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_server_that_cannot_be_reached_was_sent_nothing(desk: Desk, effect: Effect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    source = await desk.pinned(document(get("/it")), base_url=f"http://127.0.0.1:{port}")
    ended = await call(source, effect=effect, attempts=2)
    assert (ended.outcome, ended.attempts) == ("failed", 2)
    assert ended.error == "api.it was not called: its server cannot be reached (ConnectError)."


async def test_a_server_that_does_not_take_the_connection_was_sent_nothing(desk: Desk) -> None:
    """As many wait at the server's door as it lets wait there."""
    with ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        sockets.enter_context(socket.create_connection(full.getsockname()))
        source = await desk.pinned(document(get("/it")), base_url=f"http://127.0.0.1:{full.getsockname()[1]}")
        await source.prepare()
        ended = await call(source, effect="write", timeout_ms=SHORT_MS)
    assert (ended.outcome, ended.error) == ("failed", "api.it did not begin within 200 ms. Nothing was done.")


async def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk, api: Api) -> None:
    source = await desk.pinned(document(get("/it")), base_url=api.origin.replace("http:", "https:"))
    ended = await call(source, effect="write")
    assert (ended.outcome, "cannot be reached" in (ended.error or "")) == ("failed", True)


async def test_a_closed_source_calls_nothing(desk: Desk, api: Api) -> None:
    source = await desk.pinned(document(get("/it")), base_url=api.origin)
    await source.prepare()
    await source.aclose()
    await source.aclose()
    assert (await call(source, effect="write")).outcome == "failed"
    assert api.calls() == []


async def test_calls_at_the_same_time_share_one_reading_of_the_document(desk: Desk, api: Api) -> None:
    api.document = json.loads(json.dumps(document(get("/it"))))
    pins = (await desk.of({"document": f"{api.origin}/openapi.json"}).offer()).locked()
    source = desk.of({"document": f"{api.origin}/openapi.json"}, pins)
    api.seen.clear()
    results = await asyncio.gather(*(call(source) for _ in range(5)))
    assert {one.outcome for one in results} == {"done"}
    assert len(api.seen) == 6

"""Calls of operations over HTTP: what is sent, and what every end means (design, section 6)."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from typing import Any

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Effect, Key
from pointsman.tools import CallContext

from .api_server import Api
from .workshop import OK, SHORT_MS, Desk, call, document, get

TEXT: JsonObject = {"type": "string"}
WHOLE = document(
    {
        "/pets/{id}/{list}": {
            "put": {
                "operationId": "it",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": TEXT},
                    {"name": "list", "in": "path", "required": True, "schema": {"type": "array"}},
                    {"name": "tags", "in": "query", "schema": {"type": "array"}},
                    {"name": "short", "in": "query", "explode": False, "schema": {"type": "array"}},
                    {
                        "name": "pipes",
                        "in": "query",
                        "style": "pipeDelimited",
                        "explode": False,
                        "schema": {"type": "array"},
                    },
                    {"name": "filter", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                    {"name": "free", "in": "query", "schema": {"type": "object"}},
                    {"name": "flat", "in": "query", "explode": False, "schema": {"type": "object"}},
                    {"name": "json", "in": "query", "content": {"application/json": {"schema": True}}},
                    {"name": "X-A", "in": "header", "schema": {}},
                    {"name": "X-B", "in": "header", "explode": True, "schema": {"type": "object"}},
                    {"name": "X-Json", "in": "header", "content": {"application/json": {"schema": True}}},
                    {"name": "c", "in": "cookie", "schema": TEXT},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "properties": {"n": {}, "m": {}}}}}
                },
                "responses": OK,
            }
        }
    }
)


async def asked(
    desk: Desk, api: Api, arguments: JsonObject, said: JsonObject = WHOLE, **headers: str
) -> dict[str, Any]:
    """What the server received of a call."""
    source = await desk.pinned(said, base_url=f"{api.origin}/v1/", headers=headers)
    result = await call(source, arguments)
    assert result.outcome == "done", result.error
    return api.calls()[-1]


async def test_every_argument_is_sent_where_the_document_says(desk: Desk, api: Api) -> None:
    desk.environment["TOKEN"] = "t-1"
    arguments: JsonObject = {
        "id": "a b",
        "list": [1, "x,y"],
        "tags": ["a&b", "c=d", "ü"],
        "short": ["a,b", True],
        "pipes": [1.5, 2.0],
        "filter": {"name": "x", "n[]": 1},
        "free": {"f1": "v&", "f2": 2},
        "flat": {"k": "v,"},
        "json": {"a": [None, "ü"]},
        "X-A": [1, "b"],
        "X-Json": "ü",
        "X-B": {"k": 1, "l": True},
        "c": "1:2=[3]",
        "n": None,
    }
    got = await asked(desk, api, arguments, Authorization="Bearer ${TOKEN}", cookie="sid=9")
    assert got["method"] == "PUT"
    assert got["target"] == (
        "/v1/pets/a%20b/1,x%2Cy?tags=a%26b&tags=c%3Dd&tags=%C3%BC&short=a%2Cb,true&pipes=1.5%7C2"
        "&filter%5Bname%5D=x&filter%5Bn%5B%5D%5D=1&f1=v%26&f2=2&flat=k,v%2C&json=%7B%22a%22%3A%5Bnull%2C%22%C3%BC%22%5D%7D"
    )
    headers = got["headers"]
    assert headers["authorization"] == "Bearer t-1"
    assert headers["cookie"] == "sid=9; c=1:2=[3]"
    assert (headers["x-a"], headers["x-b"], headers["x-json"]) == ("1,b", "k=1,l=true", '"\\u00fc"')
    assert (headers["accept"], headers["accept-encoding"]) == ("application/json, */*;q=0.8", "identity")
    assert (headers["content-type"], got["body"]) == ("application/json", '{"n":null}')


async def test_a_path_takes_objects_and_json_without_slashes(desk: Desk, api: Api) -> None:
    parameters: list[Json] = [
        {"name": "a", "in": "path", "required": True, "explode": True, "schema": {}},
        {"name": "b", "in": "path", "required": True, "schema": {}},
        {"name": "c", "in": "path", "required": True, "content": {"application/json": {}}},
    ]
    said = document(get("/{a}/{b}/{c}", parameters=parameters))
    got = await asked(desk, api, {"a": {"x": 1, "y": 2}, "b": {"x": 1}, "c": ["z"]}, said)
    assert got["target"] == "/v1/x=1,y=2/x,1/%5B%22z%22%5D"


async def test_what_is_not_given_is_not_sent(desk: Desk, api: Api) -> None:
    got = await asked(desk, api, {"id": "1", "list": [2], "tags": [], "short": [], "free": {}, "X-A": None})
    assert (got["target"], got["body"]) == ("/v1/pets/1/2", "")
    assert not {"x-a", "cookie", "content-type", "content-length"} - {"content-length"} & got["headers"].keys()


FORM: JsonObject = {
    "application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": {"a": {}, "list": {}, "deep": {}, "meta": {}, "free": {}}},
        "encoding": {
            "deep": {"style": "deepObject", "explode": True},
            "meta": {"contentType": "application/json"},
            "a": {"contentType": "text/plain"},
        },
    }
}


def post(content: JsonObject, *, required: bool = True) -> JsonObject:
    body: JsonObject = {"required": required, "content": content}
    return document({"/it": {"post": {"operationId": "it", "requestBody": body, "responses": OK}}})


@pytest.mark.parametrize(
    ("content", "arguments", "kind", "body"),
    [
        (FORM, {"a": "x y&z", "list": [1, 2]}, "application/x-www-form-urlencoded", "a=x%20y%26z&list=1&list=2"),
        (
            FORM,
            {"deep": {"k": "v"}, "meta": {"n": [1]}, "free": {"f": 1}},
            "application/x-www-form-urlencoded",
            "deep%5Bk%5D=v&meta=%7B%22n%22%3A%5B1%5D%7D&f=1",
        ),
        (FORM, {}, "application/x-www-form-urlencoded", ""),
        ({"text/plain": {}}, {"body": "Grüße"}, "text/plain; charset=utf-8", "Grüße"),
        (
            {"application/json": {"schema": {"type": "array"}}},
            {"body": [1, 2.5, "ü"]},
            "application/json",
            '[1,2.5,"ü"]',
        ),
        ({"application/merge-patch+json": {}}, {"body": {"a": None}}, "application/merge-patch+json", '{"a":null}'),
        ({"text/plain": {}, "application/json": {}, "application/a+json": {}}, {"body": 1}, "application/json", "1"),
        ({"application/json; charset=utf-8": {}}, {"body": {}}, "application/json", "{}"),
        ({"application/json": {"schema": {"properties": {"a": {}}}}}, {}, "application/json", "{}"),
    ],
)
async def test_bodies_are_json_forms_and_text(
    desk: Desk, api: Api, content: JsonObject, arguments: JsonObject, kind: str, body: str
) -> None:
    got = await asked(desk, api, arguments, post(content))
    assert (got["headers"]["content-type"], got["body"]) == (kind, body)


async def test_an_optional_body_that_is_not_given_is_not_sent(desk: Desk, api: Api) -> None:
    got = await asked(desk, api, {}, post({"application/json": {}}, required=False))
    assert "content-type" not in got["headers"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"id": "../admin"}, "the argument `id` cannot be sent: it holds a slash, which would name another path"),
        ({"id": "a/b"}, "it holds a slash"),
        ({"id": "a\\b"}, "it holds a slash"),
        ({"id": ".."}, "the arguments would make it another path"),
        ({"id": "."}, "the arguments would make it another path"),
        ({"id": ""}, "it is empty, which would name another path"),
        ({"id": "a\r\nX: y"}, "it holds what cannot be printed"),
        ({"id": "\ud800"}, "it holds what cannot be printed"),
        ({"id": None}, "the argument for `id` of the path is missing"),
        ({"list": []}, "it is empty"),
        ({"list": ["a/b"]}, "it holds a slash"),
        ({"list": {"a": "b/c"}}, "it holds a slash"),
        ({"X-A": "a\r\nX-Evil: b"}, "`X-A` cannot be sent: a header carries visible ASCII"),
        ({"X-A": " a"}, "without spaces at its ends"),
        ({"X-A": "ü"}, "a header carries visible ASCII"),
        ({"X-A": ["a,b"]}, "an item holds a comma"),
        ({"X-A": {"a": "b,c"}}, "an item holds a comma"),
        ({"c": "1; d=2"}, "`c` cannot be sent: a cookie carries visible ASCII but"),
        ({"c": "%3B"}, "a cookie carries"),
        ({"c": ["1"]}, "nested deeper"),
        ({"tags": "\ud800"}, "it holds half of a character"),
        ({"tags": [[1]]}, "it is nested deeper than can be written there"),
        ({"tags": [None]}, "null cannot be written there"),
        ({"pipes": {"a": 1}}, "no object is written there"),
        ({"filter": [1]}, "only an object is written there"),
        ({"filter": {"a": {}}}, "nested deeper"),
        ({"free": {"tags": "x"}}, "`free` cannot be sent: it would give a value to tags"),
        ({"free": {"tenant": "x"}}, "it would give a value to tenant"),
        ({"n": "\ud800"}, "the body cannot be sent: it holds half of a character"),
    ],
)
async def test_an_argument_never_changes_where_a_call_goes_or_what_else_is_sent(
    desk: Desk, api: Api, arguments: JsonObject, why: str
) -> None:
    """What a server makes of an encoded slash differs, so it is refused; nothing was sent."""
    source = await desk.pinned(WHOLE, base_url=f"{api.origin}?tenant=7")
    result = await call(source, {"id": "1", "list": [2], **arguments}, effect="write")
    assert result.outcome == "failed"
    assert (result.error or "").startswith("api.it was not called: ")
    assert why in (result.error or "")
    assert api.calls() == []


@pytest.mark.parametrize(
    ("value", "target"), [("a?b#c", "a%3Fb%23c"), ("..a", "..a"), ("%2e%2e", "%252e%252e"), ("a;b", "a%3Bb")]
)
async def test_what_has_a_meaning_in_an_address_is_encoded(desk: Desk, api: Api, value: str, target: str) -> None:
    got = await asked(desk, api, {"id": value, "list": [1]})
    assert got["target"] == f"/v1/pets/{target}/1"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"a": {"b": {}}}, "the body cannot be sent: `a`: it is nested deeper"),
        ({"free": {"a": 1}}, "`free` would give a value to a"),
        ({"deep": [1]}, "`deep`: only an object"),
    ],
)
async def test_what_a_form_cannot_carry_is_not_sent(desk: Desk, api: Api, arguments: JsonObject, why: str) -> None:
    source = await desk.pinned(post(FORM), base_url=api.origin)
    result = await call(source, {"a": 1, **arguments} if "a" not in arguments else arguments, effect="write")
    assert (result.outcome, why in (result.error or "")) == ("failed", True), result.error


@pytest.mark.parametrize(
    ("content", "value"), [({"text/plain": {"schema": {}}}, 7), ({"application/x-www-form-urlencoded": {}}, [1])]
)
async def test_a_body_of_another_kind_than_its_media_type_is_not_sent(
    desk: Desk, api: Api, content: JsonObject, value: Json
) -> None:
    source = await desk.pinned(post(content), base_url=api.origin)
    assert (await call(source, {"body": value}, effect="write")).outcome == "failed"
    assert api.calls() == []


async def test_the_query_of_the_base_url_is_sent_with_every_call(desk: Desk, api: Api) -> None:
    """The way of giving an API key that a document has in the query."""
    desk.environment["KEY"] = "k 1"
    said = document(get("/it", parameters=[{"name": "q", "in": "query"}, {"name": "key", "in": "query"}]))
    source = await desk.pinned(said, base_url=f"{api.origin}/v2?key=${{KEY}}")
    await call(source, {"q": "x"})
    assert api.calls()[-1]["target"] == "/v2/it?key=k%201&q=x"


KEYED = Key(("a",), deliver=("header", "Idempotency-Key"))


@pytest.mark.parametrize(
    ("key", "value", "sent"),
    [
        (KEYED, "k-1", "k-1"),
        (KEYED, None, None),
        (Key(("a",)), "k-1", None),
        (Key(("a",), deliver=("argument", "a")), "k-1", None),
    ],
)
async def test_the_key_of_a_write_is_sent_as_the_header_that_the_workflow_names(
    desk: Desk, api: Api, key: Key, value: str | None, sent: str | None
) -> None:
    source = await desk.pinned(post({"application/json": {}}, required=False), base_url=api.origin)
    context = CallContext(session="s", call="1", key=value, attempt=1, who="ada")
    assert (await call(source, effect="write", key=key, context=context)).outcome == "done"
    assert api.calls()[-1]["headers"].get("idempotency-key") == sent


async def test_the_key_stands_before_what_an_agent_gives_for_the_same_header(desk: Desk, api: Api) -> None:
    header: JsonObject = {"name": "Idempotency-Key", "in": "header"}
    source = await desk.pinned(document(get("/it", parameters=[header])), base_url=api.origin)
    context = CallContext(session="s", call="1", key="k-1", attempt=1, who="ada")
    await call(source, {"Idempotency-Key": "mine"}, effect="write", key=KEYED, context=context)
    assert api.calls()[-1]["headers"]["idempotency-key"] == "k-1"


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
    assert (await asked(desk, api, {}, document(get("/it"))))["target"] == "/v1/it"


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

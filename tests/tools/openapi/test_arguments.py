"""Arguments of calls of operations over HTTP: what is sent where, and what is not sent at all (design, section 6)."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Key
from pointsman.tools import CallContext

from .api_server import Api
from .workshop import OK, Desk, asked, call, document, get, post

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
    got = await asked(desk, api, WHOLE, arguments, Authorization="Bearer ${TOKEN}", cookie="sid=9")
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
    got = await asked(desk, api, said, {"a": {"x": 1, "y": 2}, "b": {"x": 1}, "c": ["z"]})
    assert got["target"] == "/v1/x=1,y=2/x,1/%5B%22z%22%5D"


async def test_what_is_not_given_is_not_sent(desk: Desk, api: Api) -> None:
    got = await asked(desk, api, WHOLE, {"id": "1", "list": [2], "tags": [], "short": [], "free": {}, "X-A": None})
    assert (got["target"], got["body"]) == ("/v1/pets/1/2", "")
    assert not {"x-a", "cookie", "content-type", "content-length"} - {"content-length"} & got["headers"].keys()


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
    got = await asked(desk, api, WHOLE, {"id": value, "list": [1]})
    assert got["target"] == f"/v1/pets/{target}/1"


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

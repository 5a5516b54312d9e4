"""Bodies of calls of operations over HTTP (design, section 6)."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json, JsonObject

from .api_server import Api
from .workshop import Desk, asked, call, post

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
    got = await asked(desk, api, post(content), arguments)
    assert (got["headers"]["content-type"], got["body"]) == (kind, body)


async def test_an_optional_body_that_is_not_given_is_not_sent(desk: Desk, api: Api) -> None:
    got = await asked(desk, api, post({"application/json": {}}, required=False), {})
    assert "content-type" not in got["headers"]


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

"""Operations of a document as tools: names, descriptions, arguments, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.contracts.bounds import DOWNSTREAM_TOOLS
from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.errors import SourceError

from .workshop import OK, Desk, document, get, plan_of

TEXT: JsonObject = {"type": "string"}
PARAMETERS: list[Json] = [
    {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}, "description": "Which pet."},
    {"name": "fields", "in": "query", "schema": {"type": "array", "items": TEXT}},
    {"name": "X-Trace", "in": "header", "schema": TEXT},
    {"name": "Authorization", "in": "header", "schema": TEXT},
    {"name": "Content-Type", "in": "header", "schema": TEXT},
    {"name": "lang", "in": "cookie", "schema": TEXT, "deprecated": True},
]


def post(body: Json, **more: Json) -> JsonObject:
    """A document with one POST."""
    return document({"/it": {"post": {"operationId": "it", "requestBody": body, "responses": OK, **more}}})


def json_body(schema: Json, *, required: bool = True) -> JsonObject:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


async def test_an_operation_becomes_a_tool_with_one_flat_object_of_arguments(desk: Desk) -> None:
    said = document(
        get("/pets/{petId}", "getPet", summary="Find a pet.", description="By its number.", parameters=PARAMETERS)
    )
    tool = await desk.tool(said, "getPet")
    assert (tool.definition.name, tool.definition.description) == ("api.getPet", "Find a pet.\n\nBy its number.")
    assert tool.definition.input_schema == {
        "type": "object",
        "properties": {
            "petId": {"type": "integer", "description": "Which pet."},
            "fields": {"type": "array", "items": {"type": "string"}},
            "X-Trace": {"type": "string"},
            "lang": {"type": "string", "deprecated": True},
        },
        "required": ["petId"],
        "additionalProperties": False,
    }
    assert plan_of(tool) == {
        "method": "GET",
        "path": "/pets/{petId}",
        "parameters": {
            "petId": {"in": "path", "name": "petId", "style": "simple", "explode": False},
            "fields": {"in": "query", "name": "fields", "style": "form", "explode": True},
            "X-Trace": {"in": "header", "name": "X-Trace", "style": "simple", "explode": False},
            "lang": {"in": "cookie", "name": "lang", "style": "form", "explode": True},
        },
        "body": None,
    }


async def test_an_operation_without_an_id_is_named_by_method_and_path(desk: Desk) -> None:
    item: JsonObject = {"name": "petId", "in": "path", "required": True, "schema": TEXT}
    paths: JsonObject = {
        "/pets/{petId}/photos.zip": {"parameters": [item], "get": {"responses": OK}, "delete": {"responses": OK}},
        "/": {"get": {"responses": OK, "deprecated": True}},
        "x-note": {"get": {}},
    }
    offer = await desk.source(document(paths)).offer()
    assert list(offer.tools) == ["api.get_pets_petId_photos.zip", "api.delete_pets_petId_photos.zip", "api.get"]
    assert offer.tools["api.get"].definition.description == "It is deprecated."


@pytest.mark.parametrize(
    ("stated", "name"), [("repos/get", "repos_get"), ("list pets", "list_pets"), ("a.b-c", "a.b-c")]
)
async def test_what_names_of_tools_lack_is_written_otherwise(desk: Desk, stated: str, name: str) -> None:
    assert (await desk.tool(document(get("/it", stated)), name)).name == name


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("p\u0430y", "is no printable ASCII"),
        ("pay\u202e", "`pay\\u202e` is no printable ASCII"),
        ("a" * 129, "its name is not made of at most 128 letters"),
        (7, "is no printable ASCII"),
    ],
)
async def test_an_impossible_name_is_left_out_with_the_reason(desk: Desk, stated: Json, why: str) -> None:
    assert why in await desk.left_out(document({"/it": {"get": {"operationId": stated, "responses": OK}}}))


async def test_a_summary_that_says_the_same_as_the_description_is_not_repeated(desk: Desk) -> None:
    tool = await desk.tool(document(get("/it", summary="Look.", description=" Look. ")))
    assert tool.definition.description == "Look."


async def test_operations_whose_names_meet_are_left_out_and_the_others_stay(desk: Desk) -> None:
    paths = {**get("/a", "x/y"), **get("/b", "x y"), **get("/c", "z")}
    offer = await desk.source(document(paths)).offer()
    assert list(offer.tools) == ["api.z"]
    assert list(offer.left_out) == ["x_y"]


async def test_a_body_that_is_an_object_is_taken_apart(desk: Desk) -> None:
    """So that a workflow can fix, compare and redact its members by name."""
    schema: JsonObject = {
        "type": "object",
        "properties": {"amount": {"type": "number"}, "note": TEXT, "id": {"type": "integer", "readOnly": True}},
        "required": ["amount", "id"],
    }
    tool = await desk.tool(post(json_body(schema), parameters=[{"name": "dry", "in": "query", "schema": TEXT}]))
    assert tool.definition.input_schema == {
        "type": "object",
        "properties": {"dry": TEXT, "amount": {"type": "number"}, "note": TEXT},
        "required": ["amount"],
        "additionalProperties": False,
    }
    assert plan_of(tool)["body"] == {
        "media_type": "application/json",
        "required": True,
        "members": {"amount": "amount", "note": "note"},
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": TEXT},
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": True},
        {"oneOf": [{"type": "object", "properties": {"a": TEXT}}]},
        {"type": "object", "properties": {"dry": TEXT}},
        {"type": "object", "properties": {"$$": TEXT}},
        {"type": "object", "properties": {"a b": TEXT, "a_b": TEXT}},
        {"type": ["object", "null"], "properties": {"a": TEXT}},
        {"type": "object", "properties": {"a": TEXT}, "required": ["b"]},
        True,
    ],
)
async def test_any_other_body_and_one_whose_names_meet_those_of_parameters_is_one_argument(
    desk: Desk, schema: Json
) -> None:
    tool = await desk.tool(post(json_body(schema), parameters=[{"name": "dry", "in": "query", "schema": TEXT}]))
    found = tool.definition.input_schema
    assert found["properties"] == {"dry": TEXT, "body": schema}
    assert found["required"] == ["body"]


async def test_parameters_whose_names_meet_are_told_apart_by_their_places(desk: Desk) -> None:
    parameters: list[Json] = [
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        {"name": "id", "in": "query", "schema": TEXT},
        {"name": "body", "in": "query", "schema": TEXT},
        {"name": "$top", "in": "query", "schema": TEXT},
        {"name": "filter[name]", "in": "query", "schema": TEXT},
    ]
    operation: JsonObject = {
        "operationId": "it",
        "parameters": parameters,
        "responses": OK,
        "requestBody": json_body(True),
    }
    tool = await desk.tool(document({"/a/{id}": {"put": operation}}))
    properties: Any = tool.definition.input_schema["properties"]
    assert list(properties) == ["path_id", "query_id", "query_body", "top", "filter_name", "body"]


async def test_an_optional_body_is_demanded_only_where_members_of_it_are(desk: Desk) -> None:
    schema: JsonObject = {"type": "object", "properties": {"a": TEXT}}
    free = await desk.tool(post(json_body(schema, required=False)))
    assert "required" not in free.definition.input_schema
    held = await desk.tool(post(json_body({**schema, "required": ["a"]}, required=False)))
    assert held.definition.input_schema["required"] == ["a"]
    whole = await desk.tool(post({**json_body({"type": "array"}, required=False), "description": "All."}))
    assert whole.definition.input_schema["properties"] == {"body": {"description": "All.", "type": "array"}}


async def test_what_the_workflow_or_security_gives_is_no_argument(desk: Desk) -> None:
    schemes: JsonObject = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "asked": {"$ref": "#/components/securitySchemes/hidden"},
        "hidden": {"type": "apiKey", "in": "query", "name": "api_key"},
        "away": {"$ref": "https://a.example/scheme"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    parameters: list[Json] = [
        {"name": name, "in": place, "required": True, "schema": TEXT}
        for name, place in [
            ("x-api-key", "header"),
            ("api_key", "query"),
            ("tenant", "query"),
            ("X-Team", "header"),
            ("sid", "cookie"),
        ]
    ]
    said = document(
        get("/it", parameters=[*parameters, {"name": "q", "in": "query"}]), components={"securitySchemes": schemes}
    )
    tool = await desk.tool(
        said, base_url="http://127.0.0.1:9/v1?tenant=7", headers={"x-team": "blue", "cookie": "a=1; sid=2"}
    )
    assert tool.definition.input_schema["properties"] == {"q": {}}


async def test_an_output_schema_is_that_of_the_one_success(desk: Desk) -> None:
    async def output(responses: Json) -> JsonObject | None:
        return (await desk.tool(document(get("/it", responses=responses)))).definition.output_schema

    schema: JsonObject = {
        "type": "object",
        "properties": {"a": TEXT, "pin": {**TEXT, "writeOnly": True}},
        "required": ["pin"],
    }
    seen: JsonObject = {"type": "object", "properties": {"a": TEXT}, "required": []}
    answer: JsonObject = {"description": "", "content": {"application/json": {"schema": schema}}}
    assert await output({"201": answer, "404": answer, "default": answer}) == seen
    assert await output({"2XX": answer}) == seen
    assert await output({"200": answer, "202": answer}) is None
    assert await output({"200": {"description": ""}}) is None
    assert await output({"200": {"$ref": "#/nowhere"}}) is None
    text: JsonObject = {"text/plain": {"schema": TEXT}}
    assert await output({"200": {"description": "", "content": text}}) is None
    assert (
        await output({"200": {"description": "", "content": {**text, "application/json": {"schema": schema}}}}) is None
    )
    broken: JsonObject = {"application/json": {"schema": {"type": "string", "pattern": "(?=a)"}}}
    assert await output({"200": {"description": "", "content": broken}}) is None
    large: JsonObject = {"application/json": {"schema": {"enum": ["z" * 70_000]}}}
    assert await output({"200": {"description": "", "content": large}}) is None


def parameter(**said: Json) -> JsonObject:
    return document(get("/it", parameters=[{"name": "a", "in": "query", "schema": TEXT, **said}]))


NODE: JsonObject = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
BOMB: JsonObject = {"S9": {"type": "string"}}
for level in range(9):
    lower: list[Json] = [{"$ref": f"#/components/schemas/S{level + 1}"}] * 10
    BOMB[f"S{level}"] = {"allOf": lower}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (parameter(style="matrix", **{"in": "path"}), "has the style `matrix`"),
        (parameter(style="zigzag"), "its parameter `a` has the style `zigzag`, which is not written here"),
        (parameter(content={"application/xml": {}}), "is written as `application/xml`, not as JSON"),
        (parameter(content={}), "not as JSON"),
        (parameter(**{"in": "body"}), "a place that there is not"),
        (parameter(name=""), "has no name"),
        (parameter(name="\u00fc"), "no name of 1 to 64 letters"),
        (parameter(name="Host", required=True, **{"in": "header"}), "its header `Host` cannot be given by a caller"),
        (parameter(name="a b", **{"in": "header"}), "its header `a b` cannot"),
        (parameter(name="a; b", **{"in": "cookie"}), "its cookie `a; b` cannot"),
        (document(get("/it", parameters=[{"$ref": "other.json#/x"}])), "`other.json#/x` leaves the document"),
        (document(get("/it", parameters=[{"$ref": "file:///etc/passwd"}])), "`file:///etc/passwd` leaves the document"),
        (document(get("/it", parameters=[{"$ref": "#/nowhere"}])), "`#/nowhere` points at nothing"),
        (document(get("/it", parameters=[7])), "something else where an object belongs"),
        (document(get("/it", parameters=[{"$ref": "#/x"}]), x={"$ref": "#/x"}), "without an end"),
        (document({"/it": {"$ref": "https://a.example/it"}}), "`https://a.example/it` leaves the document"),
        (document(get("/it", servers=[{"url": "https://other.example"}])), "it has `servers` of its own"),
        (document({"/it": {"trace": {"operationId": "it"}}}), "TRACE would answer with the headers"),
        (document(get("/it", requestBody=json_body({}))), "its GET has a body"),
        (document(get("/it/{id}")), "its path and its parameters do not name the same"),
        (document(get("/a/../b")), "its path leads out of itself"),
        (document(get("/it?a=b")), "its path is none that can be called"),
        (document(get("it")), "its path is none that can be called"),
        (document(get("/it}")), "its path is none that can be called"),
        (
            post({"content": {"multipart/form-data": {}}}),
            "its body is `multipart/form-data`, which is not written here",
        ),
        (post({"content": {}}), "its body is of no media type"),
        (post({"$ref": "#/nowhere"}), "points at nothing"),
        (
            post({"content": {"application/x-www-form-urlencoded": {"encoding": {"a": {"style": "zigzag"}}}}}),
            "its form's `a` has the style `zigzag`",
        ),
        (
            parameter(schema={"$ref": "#/components/schemas/Node"}) | {"components": {"schemas": {"Node": NODE}}},
            "contains itself",
        ),
        (
            parameter(schema={"$ref": "#/components/schemas/S0"}) | {"components": {"schemas": BOMB}},
            "more than 10,000 nodes",
        ),
        (parameter(schema={"$ref": "https://a.example/s"}), "leaves the document"),
        (parameter(schema={"$schema": "http://json-schema.org/draft-04/schema#"}), "is of the dialect"),
        (parameter(schema={"type": "string", "pattern": "(?=a)"}), "its input schema cannot be held to"),
        (document(get("/it", description="z" * 70_000)), "its definition is longer than 65536 bytes"),
        (
            document(get("/it", parameters=[{"name": name, "in": "query"} for name in ("a b", "a_b")])),
            "two of its arguments would have the same name",
        ),
    ],
)
async def test_what_cannot_be_called_is_left_out_with_the_reason(desk: Desk, said: JsonObject, why: str) -> None:
    assert why in await desk.left_out(said)


async def test_a_chain_of_schemas_is_cut_where_it_is_too_deep(desk: Desk) -> None:
    """The deepest is read first, so that each of the others adds to what has been written out."""
    schemas: JsonObject = {"S0": {"type": "string"}}
    paths: JsonObject = {}
    for number in range(1, 600):
        schemas[f"S{number}"] = {"allOf": [{"$ref": f"#/components/schemas/S{number - 1}"}]}
        answer: JsonObject = {"application/json": {"schema": {"$ref": f"#/components/schemas/S{number}"}}}
        asked: JsonObject = {"name": "a", "in": "query", "schema": {"$ref": f"#/components/schemas/S{number}"}}
        operation: JsonObject = {"parameters": [asked] if number % 2 else [], "responses": {"200": {"content": answer}}}
        paths[f"/p{number}"] = {"get": operation}
    offer = await desk.source(document(paths, components={"schemas": schemas})).offer()
    assert offer.tools["api.get_p2"].definition.output_schema is not None
    assert offer.tools["api.get_p598"].definition.output_schema is None
    assert "api.get_p1" in offer.tools
    assert "api.get_p599" not in offer.tools
    assert "GET /p599" in offer.left_out or "get_p599" in offer.left_out


async def test_a_header_that_is_the_connections_is_not_asked_for(desk: Desk) -> None:
    tool = await desk.tool(parameter(name="Connection", **{"in": "header"}))
    assert tool.definition.input_schema["properties"] == {}


async def test_a_document_with_too_many_operations_is_refused(desk: Desk) -> None:
    paths: JsonObject = {f"/a{number}": {"get": {"responses": OK}} for number in range(10_000)}
    with pytest.raises(SourceError, match=f"it has more than {DOWNSTREAM_TOOLS} operations"):
        await desk.source(document(paths)).offer()


async def test_references_inside_the_document_are_written_out(desk: Desk) -> None:
    components: JsonObject = {
        "parameters": {"a/b c": {"name": "a", "in": "query", "schema": {"$ref": "#/components/schemas/Name"}}},
        "schemas": {"Name": {"type": "string", "minLength": 1}},
        "requestBodies": {
            "it": json_body({"type": "object", "properties": {"b": {"$ref": "#/components/schemas/Name"}}})
        },
    }
    said = post({"$ref": "#/components/requestBodies/it"}, parameters=[{"$ref": "#/components/parameters/a~1b%20c"}])
    tool = await desk.tool({**said, "components": components})
    name: JsonObject = {"type": "string", "minLength": 1}
    assert tool.definition.input_schema["properties"] == {"a": name, "b": name}

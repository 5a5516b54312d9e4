"""The OpenAPI document of the API, made of its endpoints (OpenAPI 3.1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from pointsman.contracts.values import Json, JsonObject

from ...bounds import HTTP_BODY_MS, QUERY_CHARACTERS
from .endpoint import ROOT, AnyEndpoint, Nothing
from .shapes import Refusal

_SCHEMAS: Final = "#/components/schemas/"
_NAMED: Final = re.compile(r"\{([a-z]+)\}")
_NAMES: Final = {
    "name": "The name of a workflow.",
    "id": "The handle of a session; of a call of a tool or of a write SESSION.NUMBER.",
}
_ALWAYS: Final = {
    HTTPStatus.UNAUTHORIZED: "There is no token, or it opens nothing here.",
    HTTPStatus.FORBIDDEN: "This is not yours to do.",
    HTTPStatus.NOT_FOUND: "There is none, or it is not yours to see: the same words for both.",
    HTTPStatus.CONFLICT: "It does not go with where the session is; the refusal's code says why.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is too long.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value is missing or wrong; every problem is listed with its path.",
    HTTPStatus.TOO_MANY_REQUESTS: "You ask too often.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nothing was done; ask again later.",
    HTTPStatus.INSUFFICIENT_STORAGE: "The server's disk is full. Nothing was done.",
}
_OF_A_BODY: Final = {
    HTTPStatus.BAD_REQUEST: "The body is no JSON, or nested too deep, or has a member twice.",
    HTTPStatus.REQUEST_TIMEOUT: f"The body took longer than {HTTP_BODY_MS // 1000} s to come.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not `application/json`.",
}


def openapi(endpoints: Sequence[AnyEndpoint]) -> JsonObject:
    """Make the document."""
    models = [one.gives for one in endpoints] + [one.body for one in endpoints if one.has_body] + [Refusal]
    _, schemas = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)], ref_template=_SCHEMAS + "{model}"
    )
    paths: dict[str, Json] = {}
    for one in endpoints:
        operations = paths.setdefault(ROOT + one.path, {})
        cast("JsonObject", operations)[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Pointsman",
            "version": version("pointsman"),
            "description": "Sessions of workflows, their audit, and what people decide. A token says who you are; "
            "what you may see and do is said by each workflow's `access`.",
        },
        "paths": paths,
        "components": {
            "schemas": cast("Json", schemas["$defs"]),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: AnyEndpoint) -> JsonObject:
    operation: JsonObject = {
        "operationId": endpoint.name,
        "description": endpoint.does,
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.parameters)],
        "responses": {
            "200": {"description": "Done.", **_content(endpoint.gives)},
            **{str(status.value): _refusal(said) for status, said in _refusals(endpoint)},
        },
        "security": [*([{}] if "none" in endpoint.admits else []), {"token": []}],
    }
    if endpoint.has_body:
        operation["requestBody"] = {"required": True, **_content(endpoint.body)}
    return operation


def _refusals(endpoint: AnyEndpoint) -> Iterable[tuple[HTTPStatus, str]]:
    return sorted({**_ALWAYS, **(_OF_A_BODY if endpoint.has_body else {})}.items())


def _refusal(said: str) -> JsonObject:
    return {"description": said, **_content(Refusal)}


def _content(model: type[BaseModel]) -> JsonObject:
    return {"content": {"application/json": {"schema": {"$ref": _SCHEMAS + model.__name__}}}}


def _path_parameters(path: str) -> Iterable[JsonObject]:
    for name in _NAMED.findall(path):
        schema: JsonObject = {"type": "string", "minLength": 1, "maxLength": QUERY_CHARACTERS}
        yield {"name": name, "in": "path", "required": True, "description": _NAMES[name], "schema": schema}


def _query_parameters(model: type[BaseModel]) -> Iterable[JsonObject]:
    if model is Nothing:
        return
    schema = cast("JsonObject", model.model_json_schema())
    properties = schema["properties"]
    for name, one in properties.items() if isinstance(properties, dict) else ():
        if isinstance(one, dict):
            said = one.pop("description", None)
            yield {"name": name, "in": "query", "required": False, "description": said, "schema": _said(one)}


def _said(schema: JsonObject) -> JsonObject:
    """Give the schema of a parameter that may be left out, and is never null: a query has texts alone."""
    choices = schema.pop("anyOf", None)
    schema.pop("title", None)
    if not isinstance(choices, list):
        return schema
    schema.pop("default", None)
    [one] = [choice for choice in choices if isinstance(choice, dict) and choice.get("type") != "null"]
    return {**schema, **one}

"""Refuses what the Messages API would refuse, so that a wrong request is found here and not with a paid one.

The rules are of the API's reference for the version 2026-10-21, of "Strict tool use" and of "Prompt caching", as far
as they concern what is sent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pointsman.contracts.bounds import STRICT_OPTIONAL, STRICT_TOOLS, STRICT_UNIONS
from pointsman.contracts.schema_rules import subschemas
from pointsman.contracts.values import Json, JsonObject, as_list, as_object, as_objects

from .messages import check_messages
from .refused import Refused, listed

MARKS: Final = 4
"""Places of one request that end what is kept."""
_MEMBERS: Final = frozenset(
    ("model", "max_tokens", "messages", "system", "tools", "stream", "tool_choice", "thinking", "metadata")
)
_TOOL_MEMBERS: Final = frozenset(("name", "description", "input_schema", "strict", "cache_control", "type"))
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z", re.ASCII)
_PROPERTY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z", re.ASCII)
_ASKING_WORDS: Final = ("type", "properties", "required", "additionalProperties", "items", "minItems")
_STRICT_WORDS: Final = frozenset((*_ASKING_WORDS, "enum", "const", "anyOf", "format", "description", "title"))
_STRICT_TYPES: Final = ("object", "array", "string", "integer", "number", "boolean", "null")


def check(request: JsonObject) -> None:
    """Check the body of a request.

    Raises:
        Refused: the API would not take it.
    """
    for name in request:
        if name not in _MEMBERS:
            raise Refused(f"{name}: Extra inputs are not permitted")
    limit = request.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise Refused("max_tokens: Input should be greater than or equal to 1")
    _check_system(request.get("system", []))
    tools = listed(request.get("tools", []), "tools")
    _check_tools(tools)
    check_messages(listed(request.get("messages"), "messages"))
    marks = sum(1 for part in _marked(request) if part.get("cache_control") is not None)
    if marks > MARKS:
        raise Refused(f"A maximum of {MARKS} blocks with cache_control may be provided. Found {marks}.")


def _check_system(system: Json) -> None:
    for index, block in enumerate(listed(system, "system") if not isinstance(system, str) else []):
        if not isinstance(block, dict) or block.get("type") != "text" or not block.get("text"):
            raise Refused(f"system.{index}: text content blocks must be non-empty")


def _check_tools(tools: list[Json]) -> None:
    names: set[str] = set()
    strict: list[JsonObject] = []
    for index, tool in enumerate(tools):
        where = f"tools.{index}.custom"
        if not isinstance(tool, dict) or tool.keys() - _TOOL_MEMBERS:
            raise Refused(f"{where}: Extra inputs are not permitted")
        name, schema = tool.get("name"), tool.get("input_schema")
        if not isinstance(name, str) or not _TOOL_NAME.match(name):
            raise Refused(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if name in names:
            raise Refused("tools: Tool names must be unique.")
        names.add(name)
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise Refused(f"{where}.input_schema.type: Field required")
        _check_properties(schema, where)
        if tool.get("strict") is True:
            strict.append(schema)
            for part in _schemas(schema, where):
                _check_strict(part, where)
    optional = sum(len(_members(part)) - len(_required(part)) for schema in strict for part in _schemas(schema, ""))
    unions = sum("anyOf" in part for schema in strict for part in _schemas(schema, ""))
    if len(strict) > STRICT_TOOLS or optional > STRICT_OPTIONAL or unions > STRICT_UNIONS:
        raise Refused("Schemas contain too many strict tools, optional parameters or parameters with union types.")


def _check_properties(schema: JsonObject, where: str) -> None:
    for _, part in subschemas(schema):
        if not all(_PROPERTY.match(member) for member in _members(part)):
            told = "Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"
            raise Refused(f"{where}.input_schema.properties: {told}")


def _check_strict(schema: JsonObject, where: str) -> None:
    for word in schema:
        if word not in _STRICT_WORDS:
            raise Refused(f"{where}: For strict tools, property '{word}' is not supported")
    kind = schema.get("type")
    if kind is None and not schema.keys() & {"anyOf", "enum", "const"}:
        raise Refused(f"{where}: For strict tools, a schema needs a 'type'")
    if kind is not None and kind not in _STRICT_TYPES:
        raise Refused(f"{where}: For strict tools, type {kind!r} is not supported")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise Refused(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if schema.get("minItems", 0) not in (0, 1):
        raise Refused(f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")


def _schemas(schema: Json, where: str) -> Iterator[JsonObject]:
    """Give a strict schema and every one in it."""
    if not isinstance(schema, dict):
        raise Refused(f"{where}: For strict tools, a schema must be an object")
    yield schema
    for member in _members(schema).values():
        yield from _schemas(member, where)
    if "items" in schema:
        yield from _schemas(schema["items"], where)
    for variant in listed(schema.get("anyOf", []), where):
        yield from _schemas(variant, where)


def _members(schema: JsonObject) -> JsonObject:
    found = schema.get("properties", {})
    return as_object(found)


def _required(schema: JsonObject) -> list[Json]:
    found = schema.get("required", [])
    return as_list(found)


def _marked(request: JsonObject) -> Iterator[JsonObject]:
    for member in ("tools", "system"):
        yield from as_objects(request.get(member))
    for message in as_objects(request.get("messages")):
        yield from as_objects(message.get("content"))

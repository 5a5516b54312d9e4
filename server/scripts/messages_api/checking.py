"""Refuses what the Messages API would refuse, so that a wrong request is found here and not with a paid one.

The rules are of the API's reference for the version 2026-10-21, of "Strict tool use" and of "Prompt caching", as far
as they concern what is sent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pointsman.contracts.bounds import STRICT_OPTIONAL, STRICT_TOOLS, STRICT_UNIONS
from pointsman.contracts.values import Json, JsonObject, as_list, as_object, as_objects

MARKS: Final = 4
"""Places of one request that end what is kept."""
_MEMBERS: Final = frozenset(
    ("model", "max_tokens", "messages", "system", "tools", "stream", "tool_choice", "thinking", "metadata")
)
_TOOL_MEMBERS: Final = frozenset(("name", "description", "input_schema", "strict", "cache_control", "type"))
_TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z", re.ASCII)
_CALL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]+\Z", re.ASCII)
_ASKING_WORDS: Final = ("type", "properties", "required", "additionalProperties", "items", "minItems")
_STRICT_WORDS: Final = frozenset((*_ASKING_WORDS, "enum", "const", "anyOf", "format", "description", "title"))
_STRICT_TYPES: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
_BLOCKS: Final = {
    "user": frozenset(("text", "tool_result", "image", "document")),
    "assistant": frozenset(("text", "tool_use", "thinking", "redacted_thinking")),
}


class Refused(Exception):
    """The API would refuse this request: kind and HTTP status of its error, and what it says."""

    def __init__(self, message: str, kind: str = "invalid_request_error", status: int = 400) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


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
    tools = _list(request.get("tools", []), "tools")
    _check_tools(tools)
    messages = _list(request.get("messages"), "messages")
    _check_messages(messages)
    marks = sum(1 for part in _marked(request) if part.get("cache_control") is not None)
    if marks > MARKS:
        raise Refused(f"A maximum of {MARKS} blocks with cache_control may be provided. Found {marks}.")


def _check_system(system: Json) -> None:
    for index, block in enumerate(_list(system, "system") if not isinstance(system, str) else []):
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
        if tool.get("strict") is True:
            strict.append(schema)
            for part in _schemas(schema, where):
                _check_strict(part, where)
    optional = sum(len(_members(part)) - len(_required(part)) for schema in strict for part in _schemas(schema, ""))
    unions = sum("anyOf" in part for schema in strict for part in _schemas(schema, ""))
    if len(strict) > STRICT_TOOLS or optional > STRICT_OPTIONAL or unions > STRICT_UNIONS:
        raise Refused("Schemas contain too many strict tools, optional parameters or parameters with union types.")


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
    for variant in _list(schema.get("anyOf", []), where):
        yield from _schemas(variant, where)


def _members(schema: JsonObject) -> JsonObject:
    found = schema.get("properties", {})
    return as_object(found)


def _required(schema: JsonObject) -> list[Json]:
    found = schema.get("required", [])
    return as_list(found)


def _check_messages(messages: list[Json]) -> None:
    if not messages:
        raise Refused("messages: at least one message is required")
    asked: list[Json] = []
    expected = "user"
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict) or message.get("role") != expected:
            raise Refused(f'{where}: roles must alternate between "user" and "assistant", and "user" begins')
        blocks = _blocks(message.get("content"), expected, where)
        results = [block.get("tool_use_id") for block in blocks if block["type"] == "tool_result"]
        if missing := [name for name in asked if name not in results]:
            raise Refused(
                f"{where}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing[0]}"
            )
        if extra := [name for name in results if name not in asked]:
            raise Refused(f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {extra[0]}")
        if len(set(map(str, results))) != len(results):
            raise Refused(f"{where}: each tool_use must have a single result")
        if [block["type"] for block in blocks[: len(results)]] != ["tool_result"] * len(results):
            raise Refused(f"{where}: `tool_result` blocks must come first")
        asked = [block.get("id") for block in blocks if block["type"] == "tool_use"]
        expected = "assistant" if expected == "user" else "user"
    if expected == "user":
        raise Refused("This model does not support assistant message prefill. The conversation must end with a user.")


def _blocks(content: Json, role: str, where: str) -> list[JsonObject]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    found: list[JsonObject] = []
    for index, block in enumerate(_list(content, f"{where}.content")):
        here = f"{where}.content.{index}"
        if not isinstance(block, dict) or block.get("type") not in _BLOCKS[role]:
            raise Refused(f"{here}: Input tag found does not match any of the expected tags of {role}")
        if block["type"] == "text" and (not isinstance(block.get("text"), str) or not str(block["text"]).strip()):
            raise Refused(f"{here}: text content blocks must contain non-whitespace text")
        if block["type"] == "tool_use":
            if not isinstance(block.get("input"), dict):
                raise Refused(f"{here}.tool_use.input: Input should be a valid dictionary")
            if not _CALL_NAME.match(str(block.get("id"))):
                raise Refused(f"{here}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if "thinking" in str(block["type"]) and "cache_control" in block:
            raise Refused(f"{here}: cache_control cannot be set on thinking blocks")
        found.append(block)
    if not found:
        raise Refused(f"{where}: all messages must have non-empty content")
    return found


def _marked(request: JsonObject) -> Iterator[JsonObject]:
    for member in ("tools", "system"):
        yield from as_objects(request.get(member))
    for message in as_objects(request.get("messages")):
        yield from as_objects(message.get("content"))


def _list(value: Json, where: str) -> list[Json]:
    if not isinstance(value, list):
        raise Refused(f"{where}: Input should be a valid list")
    return value

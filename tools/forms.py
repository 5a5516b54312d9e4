"""Forms that are put before a person at a client (elicitation): what one may be, and what an answer to it says.

A form is flat and small and hides nothing. An answer is held to its form; what does not fit is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from pointsman.contracts.bounds import ASK_FIELDS, ASK_SCHEMA_BYTES
from pointsman.contracts.schemas import InvalidSchema, Schema
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.visible import UNSEEN, visible

Action: TypeAlias = Literal["accept", "decline", "cancel"]
End: TypeAlias = tuple[Action, JsonObject | None, str | None]
"""What was answered, with which values, and why it was not what somebody said."""

_BESIDE: Final = "enumNames"
"""How MCP names choices until 2025-11-25: no keyword of JSON Schema, and nothing that an answer is held to."""
_LINES: Final = str.maketrans("", "", "\n\t")


def misshapen(schema: Json) -> str | None:
    """Say why a form is none that a person can be shown; None where it is one."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not all(isinstance(one, dict) for one in properties.values()):
        return "its form is no flat object"
    if len(properties) > ASK_FIELDS or len(canonical(schema).encode()) > ASK_SCHEMA_BYTES:
        return f"its form is larger than {ASK_FIELDS} fields or {ASK_SCHEMA_BYTES} bytes"
    if any(UNSEEN.search(text.translate(_LINES)) for text in _texts(schema)):
        return "its form holds characters that hide"
    try:
        _held_to(properties, schema).unmet({})
    except InvalidSchema:
        return "its form is no JSON Schema that can be held to"
    return None


def judged(answer: JsonObject, form: JsonObject) -> End:
    """Hold an answer to its form. What was not asked for is left out, and what does not fit is no answer."""
    action = answer.get("action")
    if action in ("decline", "cancel"):  # a tuple: what a client sends need not be hashable
        return "decline" if action == "decline" else "cancel", None, None
    schema = form.get("requestedSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    content = answer.get("content")
    if action != "accept" or not isinstance(properties, dict) or not isinstance(content, dict | None):
        return "cancel", None, "what came back is no answer"
    kept = {name: value for name, value in (content or {}).items() if name in properties}
    unmet = _held_to(properties, schema).unmet(kept)
    if unmet:
        return "cancel", None, f"the answer does not fit its form: {visible(unmet[0].path)[:128]} {unmet[0].problem}"
    return "accept", kept, None


def _held_to(properties: JsonObject, schema: Json) -> Schema:
    held: JsonObject = {
        name: {word: value for word, value in one.items() if word != _BESIDE} if isinstance(one, dict) else one
        for name, one in properties.items()
    }
    document: JsonObject = {"type": "object", "properties": held}
    if isinstance(schema, dict) and "required" in schema:
        document["required"] = schema["required"]
    return Schema(document)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, str):
        yield value

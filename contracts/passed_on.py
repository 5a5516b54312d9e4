"""What a source offers beside its tools: resources, prompts and completions, each as a read that a workflow may allow.

A workflow names them as it names tools, `wiki.read_resource`, and a state that does not is passed none of them on.
Of an `mcp` source they are requests of MCP, with the definitions below; a Python module has them as functions of these
names. A tool of a server that has one of these names itself stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .values import Json, JsonObject
from .workflow import ToolDefinition

LIST_RESOURCES: Final = "list_resources"
LIST_TEMPLATES: Final = "list_resource_templates"
READ_RESOURCE: Final = "read_resource"
LIST_PROMPTS: Final = "list_prompts"
GET_PROMPT: Final = "get_prompt"
COMPLETE: Final = "complete"

_TEXT: Final[JsonObject] = {"type": "string"}
_TEXTS: Final[JsonObject] = {"type": "object", "additionalProperties": {"type": "string"}}
_CURSOR: Final[JsonObject] = {"type": "string", "description": "From the page before, for the next one"}


def _object(*required: str, **properties: Json) -> JsonObject:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


_OFFERED: Final[Mapping[str, tuple[str, JsonObject]]] = {
    LIST_RESOURCES: ("List the resources that the server has.", _object(cursor=_CURSOR)),
    LIST_TEMPLATES: ("List the templates of the addresses of resources that the server has.", _object(cursor=_CURSOR)),
    READ_RESOURCE: ("Read a resource of the server.", _object("uri", uri=_TEXT)),
    LIST_PROMPTS: ("List the prompts that the server has.", _object(cursor=_CURSOR)),
    GET_PROMPT: ("Get a prompt of the server.", _object("name", name=_TEXT, arguments=_TEXTS)),
    COMPLETE: (
        "Complete an argument of a prompt or a template of the server.",
        _object("ref", "argument", ref=_TEXTS, argument=_TEXTS, context={"type": "object"}),
    ),
}


def passed_on(source: str) -> Mapping[str, ToolDefinition]:
    """Give what a source of MCP offers beside its tools, by the names a workflow has for it."""
    return {
        f"{source}.{name}": ToolDefinition(f"{source}.{name}", description, schema)
        for name, (description, schema) in _OFFERED.items()
    }

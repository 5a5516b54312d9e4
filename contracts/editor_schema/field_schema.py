"""What an editor offers inside the schema of a field: the keywords, types and formats of JSON Schema.

Hints only. Whether it is a schema we take is judged by `schema_rules`.
"""

from __future__ import annotations

from typing import Final

from ..schema_rules import FORMATS, TYPES
from ..values import JsonObject

_COUNT: Final[JsonObject] = {"type": "integer", "minimum": 0}


def field_schema(reference: str) -> JsonObject:
    """Give the schema of a schema. `reference` leads to it, because schemas hold schemas."""
    inner: JsonObject = {"$ref": reference}
    several: JsonObject = {"type": "object", "additionalProperties": inner}
    return {
        "description": "A JSON Schema (2020-12). Formats are asserted; patterns run in linear time.",
        "type": ["object", "boolean"],
        "properties": {
            "type": {"anyOf": [{"enum": [*TYPES]}, {"type": "array", "items": {"enum": [*TYPES]}}]},
            "enum": {"type": "array"},
            "description": {"type": "string", "description": "What the field is. Agents and reviewers read it."},
            "format": {"anyOf": [{"enum": [*FORMATS]}, {"type": "string"}]},
            "pattern": {"type": "string"},
            "minLength": _COUNT,
            "maxLength": _COUNT,
            "minimum": {"type": "number"},
            "maximum": {"type": "number"},
            "items": inner,
            "minItems": _COUNT,
            "maxItems": _COUNT,
            "properties": several,
            "required": {"type": "array", "items": {"type": "string"}},
            "additionalProperties": inner,
        },
    }

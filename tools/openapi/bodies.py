"""Bodies of requests, as a document declares them: one argument, or taken apart into one for each member.

A JSON object or a form whose schema is nothing but properties is taken apart, so that a workflow can
fix, compare and redact its members by name, and a model has one level less to get right. Any other
body is the argument `body`, as is one whose members' names meet those of parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, cast

from pointsman.contracts.values import Json, JsonObject, as_object

from .parameters import is_json
from .plan import FORM, TEXT, Style, Written
from .references import LeftOut, followed, shown
from .schemas import Schemas

_PLAIN: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "title", "description", "examples", "default"}
)
"""Keywords of an object that is nothing but its properties."""
_FORM_STYLES: Final = ("form", "spaceDelimited", "pipeDelimited", "deepObject")


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """A body, its schema, and how the members of a form are written where that is not as usual."""

    media_type: str
    schema: Json
    required: bool
    description: str
    written: dict[str, Written] = field(default_factory=dict[str, Written])

    @property
    def members(self) -> JsonObject | None:
        """The schemas of its members, if it can be taken apart."""
        if self.media_type == TEXT or not isinstance(self.schema, dict) or not _PLAIN.issuperset(self.schema):
            return None
        properties = self.schema.get("properties")
        if not isinstance(properties, dict) or not properties or self.schema.get("type", "object") != "object":
            return None
        if self.schema.get("additionalProperties", False) is not False or self.required_members - properties.keys():
            return None
        return properties

    @property
    def required_members(self) -> frozenset[str]:
        """The members that have to be given."""
        required = as_object(self.schema).get("required")
        return frozenset(str(name) for name in required) if isinstance(required, list) else frozenset()


def declared_body(root: JsonObject, schemas: Schemas, operation: JsonObject) -> DeclaredBody | None:
    """Give the body of an operation; None where it has none.

    Raises:
        LeftOut: it cannot be sent.
    """
    if "requestBody" not in operation:
        return None
    stated = followed(root, operation["requestBody"])
    content = as_object(stated.get("content"))
    media_type = _chosen(content)
    media = as_object(content[media_type])
    kind = media_type.partition(";")[0].strip().lower()
    schema = schemas.read(media.get("schema", {"type": "string"} if kind == TEXT else {}), "request")
    written = _encodings(as_object(media.get("encoding"))) if kind == FORM else {}
    description = stated.get("description")
    said = description if isinstance(description, str) else ""
    return DeclaredBody(kind, schema, stated.get("required") is True, said, written)


def _chosen(content: JsonObject) -> str:
    """Choose the media type that is sent: JSON, a form, text, in this order."""
    kinds = {media_type.partition(";")[0].strip().lower(): media_type for media_type in content}
    order = [*(["application/json"] if "application/json" in kinds else []), *filter(is_json, kinds), FORM, TEXT]
    for kind in order:
        if kind in kinds:
            return kinds[kind]
    raise LeftOut(f"its body is {_named(content) or 'of no media type'}, which is not written here")


def _named(names: Iterable[str]) -> str:
    return " or ".join(map(shown, names))


def _encodings(stated: JsonObject) -> dict[str, Written]:
    found: dict[str, Written] = {}
    for name, said in stated.items():
        encoding = as_object(said)
        style, content_type = encoding.get("style"), encoding.get("contentType")
        if isinstance(content_type, str) and "style" not in encoding and is_json(content_type.lower()):
            found[name] = Written("json", explode=False)
        elif style is not None:
            if style not in _FORM_STYLES:
                raise LeftOut(f"its form's {shown(name)} has the style {shown(str(style))}, which is not written here")
            found[name] = Written(cast("Style", style), explode=encoding.get("explode", style == "form") is True)
    return found

"""Parameters of an operation, as its document declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from pointsman.contracts.headers import HEADER_NAME, OURS
from pointsman.contracts.values import Json, JsonObject, as_object

from .plan import Parameter, Place, Style, Written
from .references import LeftOut, followed, shown
from .schemas import Schemas

_STYLES: Final[dict[str, tuple[Style, ...]]] = {
    "path": ("simple",),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "cookie": ("form",),
}
_DEFAULT_STYLES: Final[dict[str, Style]] = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_KEPT: Final = frozenset(("header", name) for name in OURS)
_NOT_DECLARED: Final = frozenset({"accept", "authorization", "content-type", "cookie"})
"""Header parameters that OpenAPI has declared otherwise, and that are to be ignored (3.1.1, section 4.8.12.1)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter, the schema of its value, and whether it has to be given."""

    parameter: Parameter
    schema: Json
    required: bool


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON, or has it as its suffix (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")


def declared_parameters(
    root: JsonObject, schemas: Schemas, path_item: JsonObject, operation: JsonObject
) -> list[Declared]:
    """Give the parameters of an operation, those of its path among them.

    Raises:
        LeftOut: one cannot be sent.
    """
    found: dict[tuple[str, str], JsonObject] = {}
    for stated in (path_item.get("parameters"), operation.get("parameters")):
        for parameter in _objects(root, stated):
            found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
    return [_declared(schemas, stated) for stated in found.values() if not _is_ignored(stated)]


def _objects(root: JsonObject, stated: Json) -> Iterator[JsonObject]:
    yield from (followed(root, one) for one in (stated if isinstance(stated, list) else ()))


def _is_ignored(stated: JsonObject) -> bool:
    if stated.get("in") != "header":
        return False
    name = str(stated.get("name")).lower()
    return name in _NOT_DECLARED or (name in OURS and stated.get("required") is not True)


def _declared(schemas: Schemas, stated: JsonObject) -> Declared:
    place, name = stated.get("in"), stated.get("name")
    if place not in _STYLES or not isinstance(name, str) or not name:
        raise LeftOut("one of its parameters has no name, or a place that there is not")
    if place in ("header", "cookie") and (not HEADER_NAME.match(name) or (place, name.lower()) in _KEPT):
        raise LeftOut(f"its {place} {shown(name)} cannot be given by a caller")
    content = stated.get("content")
    if isinstance(content, dict) and place != "cookie":
        written, schema = Written("json", explode=False), _content_schema(name, content)
    else:
        written, schema = _style(cast("Place", place), name, stated), stated.get("schema", {})
    read = _noted(schemas.read(schema, "request"), stated)
    parameter = Parameter(cast("Place", place), name, written)
    return Declared(parameter, read, required=place == "path" or stated.get("required") is True)


def _style(place: Place, name: str, stated: JsonObject) -> Written:
    style = stated.get("style", _DEFAULT_STYLES[place])
    if style not in _STYLES[place]:
        raise LeftOut(f"its parameter {shown(name)} has the style {shown(str(style))}, which is not written here")
    explode = stated.get("explode", style == "form")
    return Written(style, explode=explode is True)


def _content_schema(name: str, content: JsonObject) -> Json:
    (media_type, stated), *others = content.items() or [("", None)]
    if others or not is_json(media_type):
        raise LeftOut(f"its parameter {shown(name)} is written as {shown(media_type)}, not as JSON")
    return as_object(stated).get("schema", {})


def _noted(schema: Json, stated: JsonObject) -> Json:
    """Give a parameter's schema what is said of the parameter itself."""
    if not isinstance(schema, dict):
        return schema
    notes: JsonObject = {}
    description = stated.get("description")
    if isinstance(description, str) and description:
        notes["description"] = description
    if stated.get("deprecated") is True:
        notes["deprecated"] = True
    return {**schema, **notes}

"""The operations of a document as tools: what can be called is offered, the rest is left out with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.bounds import DOWNSTREAM_DEFINITION_BYTES, DOWNSTREAM_TOOLS
from pointsman.contracts.schema_rules import faults_of
from pointsman.contracts.values import Json, JsonObject, as_object, canonical
from pointsman.contracts.visible import visible

from ..errors import SourceError
from ..offers import Offer, StatedTool, offer_of
from .arguments import Arguments, arguments_of
from .bodies import declared_body
from .parameters import declared_parameters, is_json
from .plan import TEMPLATE, Operation
from .references import LeftOut, followed, shown
from .schemas import Schemas

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN_LABEL: Final = 128
_WITHOUT_BODY: Final = ("get", "head")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@{}/-]|%[0-9A-Fa-f]{2})*\Z", re.ASCII)
"""RFC 3986, section 3.3, with the braces of templates."""
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Operations:
    """What a document offers, and how each tool is called, by our names for them."""

    offer: Offer
    plans: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Parameters that no caller gives, by place and name: the workflow does, or they are for security."""

    names: frozenset[tuple[str, str]]

    def holds(self, place: str, name: str) -> bool:
        """Whether this is one of them; the names of headers have no case."""
        return (place, name.lower() if place == "header" else name) in self.names


def operations_of(source: str, root: JsonObject, server: str | None, hidden: Hidden) -> Operations:
    """Make tools of a document's operations.

    Args:
        source: The source's name.
        root: The document.
        server: Where it says that its operations are; None if the workflow says that.
        hidden: Parameters that the workflow gives.

    Raises:
        SourceError: there are more operations than we take.
    """
    reader = _Reader(root, server, Hidden(hidden.names | _for_security(root)))
    stated: list[StatedTool] = []
    plans: dict[str, Operation] = {}
    left_out: dict[str, str] = {}
    for number, (method, path, path_item, operation) in enumerate(_listed(root)):
        if number >= DOWNSTREAM_TOOLS:
            raise SourceError(
                f"it has more than {DOWNSTREAM_TOOLS} operations. Keep a copy with those that you need beside"
                " the workflow"
            )
        label = visible(f"{method.upper()} {path}")[:_SHOWN_LABEL]
        try:
            name = _name(method, path, operation)
            tool, plan = reader.read(name, method, path, path_item, operation)
        except LeftOut as reason:
            left_out[label] = str(reason)
            continue
        stated.append(tool)
        plans[f"{source}.{name}"] = plan
    return Operations(offer_of(source, stated, left_out), plans)


def _listed(root: JsonObject) -> Iterator[tuple[str, str, Json, Json]]:
    for path, path_item in as_object(root.get("paths")).items():
        if path.startswith("x-"):
            continue
        try:
            item = followed(root, path_item)
        except LeftOut:
            yield "any", path, path_item, None  # left out again where its reason is asked for
            continue
        for method in METHODS:
            if method in item:
                yield method, path, item, item[method]


def _name(method: str, path: str, operation: Json) -> str:
    """Name an operation: by its `operationId`, or by method and path."""
    stated = as_object(operation).get("operationId")
    if stated is None:
        return _NOT_IN_NAMES.sub("_", f"{method}{path}".replace("{", "").replace("}", "")).strip("_")
    if not isinstance(stated, str) or not stated.isascii() or not stated.isprintable():
        raise LeftOut(f"its `operationId` {shown(str(stated))} is no printable ASCII")
    return _NOT_IN_NAMES.sub("_", stated)


def _for_security(root: JsonObject) -> frozenset[tuple[str, str]]:
    """Name the parameters by which keys are given."""
    found: set[tuple[str, str]] = set()
    for stated in as_object(as_object(root.get("components")).get("securitySchemes")).values():
        try:
            scheme = followed(root, stated)
        except LeftOut:
            continue
        if scheme.get("type") == "apiKey":
            place, name = str(scheme.get("in")), str(scheme.get("name"))
            found.add((place, name.lower() if place == "header" else name))
    return frozenset(found)


class _Reader:
    """Reads the operations of one document."""

    def __init__(self, root: JsonObject, server: str | None, hidden: Hidden) -> None:
        self._root = root
        self._server = server
        self._hidden = hidden
        self._schemas = Schemas(root, older=str(root.get("openapi")).startswith("3.0"))

    def read(self, name: str, method: str, path: str, path_item: Json, stated: Json) -> tuple[StatedTool, Operation]:
        """Make a tool of an operation.

        Raises:
            LeftOut: it cannot be one.
        """
        item, operation = followed(self._root, path_item), followed(self._root, stated)
        if method == "trace":
            raise LeftOut("TRACE would answer with the headers it is sent, secrets among them")
        if item.get("servers") or operation.get("servers"):
            raise LeftOut("it has `servers` of its own; only one address is called")
        arguments = self._arguments(item, operation)
        if arguments.body is not None and method in _WITHOUT_BODY:
            raise LeftOut(f"its {method.upper()} has a body, which has no meaning")
        _require_path(path, arguments)
        plan = Operation(method.upper(), path, arguments.parameters, arguments.body)
        return StatedTool(name, self._stated(plan, arguments.schema, operation)), plan

    def _arguments(self, item: JsonObject, operation: JsonObject) -> Arguments:
        declared = declared_parameters(self._root, self._schemas, item, operation)
        given = [one for one in declared if not self._hidden.holds(one.parameter.place, one.parameter.name)]
        return arguments_of(given, declared_body(self._root, self._schemas, operation))

    def _stated(self, plan: Operation, schema: JsonObject, operation: JsonObject) -> JsonObject:
        annotations = plan.as_json() if self._server is None else {**plan.as_json(), "server": self._server}
        stated: JsonObject = {
            "description": _description(operation),
            "input_schema": schema,
            "output_schema": self._output(operation),
            "annotations": annotations,
        }
        if not _is_small(stated):
            stated["output_schema"] = None
        return stated

    def _output(self, operation: JsonObject) -> Json:
        """Give the schema of what a success answers; None where it is not one for all, or cannot be held to."""
        successes = [one for status, one in as_object(operation.get("responses")).items() if status.startswith("2")]
        if len(successes) != 1:
            return None
        try:
            content = as_object(followed(self._root, successes[0]).get("content"))
            if not content or not all(is_json(media_type.partition(";")[0].strip().lower()) for media_type in content):
                return None
            schemas = [self._schemas.read(as_object(one).get("schema"), "response") for one in content.values()]
        except LeftOut:
            return None
        schema = schemas[0]
        usable = isinstance(schema, dict) and not faults_of(schema) and all(other == schema for other in schemas)
        return schema if usable else None


def _is_small(stated: JsonObject) -> bool:
    """Whether a definition is within the bound, as far as it can be written at all."""
    try:
        return len(canonical(stated).encode("utf-8", "replace")) <= DOWNSTREAM_DEFINITION_BYTES
    except RecursionError:
        return False


def _require_path(path: str, arguments: Arguments) -> None:
    """Make sure that a path is one, and that its template and parameters name the same."""
    plain = TEMPLATE.sub("x", path)
    if not _PATH.match(path) or "{" in plain or "}" in plain:
        raise LeftOut("its path is none that can be called")
    if any(segment in (".", "..") for segment in plain.split("/")):
        raise LeftOut("its path leads out of itself")
    named = TEMPLATE.findall(path)
    declared = {one.name for one in arguments.parameters.values() if one.place == "path"}
    if set(named) != declared or len(named) != len(declared):
        raise LeftOut("its path and its parameters do not name the same")


def _description(operation: JsonObject) -> str:
    texts = [operation.get("summary"), operation.get("description")]
    said = [text.strip() for text in texts if isinstance(text, str) and text.strip()]
    if len(said) == 2 and said[0] == said[1]:
        said.pop()
    return "\n\n".join([*said, *(["It is deprecated."] if operation.get("deprecated") is True else [])])

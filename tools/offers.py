"""What sources offer, brought within our bounds.

Nothing of it is believed: names and schemas are judged, and descriptions are kept as they are for the
person who pins them. A tool that cannot be taken is left out, with the reason; it never stands in the
way of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from pointsman.contracts.bounds import DOWNSTREAM_DEFINITION_BYTES, IDENTIFIER
from pointsman.contracts.lock import LockedSource, LockedTool, digest_of_tool
from pointsman.contracts.schema_rules import faults_of
from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import ToolDefinition

_OLDER_DIALECTS: Final = (
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
)
"""Read as 2020-12: what differs there (tuples in `items`) is refused then, not misread."""
_SHOWN_NAME: Final = 128
_SHOWN_FAULT: Final = 300
_LOGGED: Final = 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StatedTool:
    """A tool as its source states it: its name there, and all else that a pin is made of.

    That is `description`, `input_schema`, `output_schema` (or null) and `annotations`.
    """

    name: str
    stated: JsonObject


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool that was taken: its name at its source, and all else that a pin is made of."""

    definition: ToolDefinition
    name: str
    stated: JsonObject

    @property
    def digest(self) -> str:
        """The digest of all that the source stated."""
        return digest_of_tool(self.name, self.stated)

    def locked(self) -> LockedTool:
        """Give the tool as it is pinned."""
        return LockedTool.model_validate({**self.stated, "digest": self.digest})


@dataclass(frozen=True, slots=True)
class Offer:
    """What a source offers: its tools by our names for them, and what was left out, with the reason."""

    tools: Mapping[str, OfferedTool]
    left_out: Mapping[str, str]

    def locked(self) -> LockedSource:
        """Give the offer as it is pinned."""
        return LockedSource(tools={tool.name: tool.locked() for tool in self.tools.values()})


def offer_of(source: str, tools: Sequence[StatedTool], left_out: Mapping[str, str] | None = None) -> Offer:
    """Take the tools that can be taken.

    Args:
        source: The source's name.
        tools: What it states.
        left_out: What was left out before, with the reason.
    """
    on_the_wire = Counter(tool.name.replace(".", "_") for tool in tools)
    taken: dict[str, OfferedTool] = {}
    out = dict(left_out or {})
    for tool in tools:
        why = _name_fault(source, tool.name)
        if why is None and on_the_wire[tool.name.replace(".", "_")] > 1:
            why = "another tool has the same name, or the same with `_` for `.`"
        made = why or _taken(source, tool)
        if isinstance(made, str):
            out[visible(tool.name)[:_SHOWN_NAME]] = made
        else:
            taken[made.definition.name] = made
    if out:
        some = dict(list(out.items())[:_LOGGED])
        _log.warning("downstream tools left out", source=source, count=len(out), some=some)
    return Offer(taken, out)


def _name_fault(source: str, name: str) -> str | None:
    if IDENTIFIER.match(name) and IDENTIFIER.match(f"{source}.{name}"):
        return None
    return "its name is not made of at most 128 letters, digits, `_`, `-` and `.`"


def _taken(source: str, tool: StatedTool) -> OfferedTool | str:
    """Take a tool, or say why it cannot be taken."""
    try:
        size_bytes = len(canonical(tool.stated).encode())
    except (ValueError, RecursionError):
        return "its definition holds what is no JSON"
    if size_bytes > DOWNSTREAM_DEFINITION_BYTES:
        return f"its definition is longer than {DOWNSTREAM_DEFINITION_BYTES} bytes"
    definition = defined(f"{source}.{tool.name}", tool.stated)
    return definition if isinstance(definition, str) else OfferedTool(definition, tool.name, tool.stated)


def defined(name: str, stated: JsonObject) -> ToolDefinition | str:
    """Make the definition of what a source stated of a tool, or say why there is none."""
    schemas: list[JsonObject | None] = []
    for what in ("input_schema", "output_schema"):
        schema = _as_2020(stated.get(what))
        faults = faults_of(schema) if schema is not None else ()
        if faults:
            return f"its {what.replace('_', ' ')} cannot be held to: {visible(faults[0].message)[:_SHOWN_FAULT]}"
        schemas.append(schema if isinstance(schema, dict) else None)
    arguments, result = schemas
    if arguments is None or arguments.get("type") != "object":
        return "its input schema is not that of an object"
    return ToolDefinition(name, str(stated.get("description", "")), arguments, result)


def _as_2020(schema: Json) -> Json:
    """Give a schema without the mark of an older dialect."""
    if not isinstance(schema, dict) or str(schema.get("$schema", "")).rstrip("#") not in _OLDER_DIALECTS:
        return schema
    return {name: part for name, part in schema.items() if name != "$schema"}

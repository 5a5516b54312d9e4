"""What a tool takes, as far as a call can be judged by it: from a function's text, or from an input schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .values import Json


@dataclass(frozen=True, slots=True)
class Signature:
    """The arguments of a tool. `open_ended` says that it takes any other argument too."""

    name: str
    arguments: tuple[str, ...]
    required: tuple[str, ...]
    open_ended: bool


@dataclass(frozen=True, slots=True)
class ToolsOfSource:
    """The tools of one source. None for one whose arguments cannot be told.

    `origin` and `what` say in messages where this was read, and what a tool is there. `complete` says that there
    are no other tools than these.
    """

    origin: str
    what: str
    tools: Mapping[str, Signature | None]
    complete: bool


def signature_of(name: str, input_schema: Mapping[str, Json]) -> Signature:
    """Give what an input schema takes; it is closed unless it says otherwise, as in a call."""
    properties, required = input_schema.get("properties"), input_schema.get("required")
    return Signature(
        name,
        tuple(properties) if isinstance(properties, dict) else (),
        tuple(one for one in required if isinstance(one, str)) if isinstance(required, list) else (),
        input_schema.get("additionalProperties", False) is not False or "patternProperties" in input_schema,
    )

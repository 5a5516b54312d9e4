"""JSON Schema 2020-12 for record fields and contracts, judged by jsonschema-rs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .values import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Unmet:
    """One demand of a contract that a value does not meet.

    `path` is dotted with indices in brackets (`line_items[0].qty`), empty for the whole. `schema` is what is demanded
    there, where that helps.
    """

    path: str
    problem: str
    missing: bool
    schema: Json = None


@dataclass(frozen=True, slots=True)
class Schema:
    document: Json

    def unmet(self, value: Json, path: str = "") -> tuple[Unmet, ...]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Contract:
    """The arguments of an event, a start or a tool, as one closed object schema."""

    input_schema: JsonObject

    def unmet(self, arguments: JsonObject) -> tuple[Unmet, ...]:
        raise NotImplementedError

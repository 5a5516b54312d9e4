"""JSON Schema 2020-12 for record fields and contracts, judged by jsonschema-rs.

Formats are asserted, patterns run in linear time, and nothing is ever fetched. `schema_rules` says
whether a document is a schema we take; the words for a value that does not fit are in `problems`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import jsonschema_rs

from .bounds import UNMET
from .errors import PointsmanError
from .problems import Unmet, foreign, unmet_of
from .schema_rules import faults_of
from .values import Json, JsonObject

__all__ = ["Contract", "InvalidSchema", "Schema", "Unmet"]


class InvalidSchema(PointsmanError):
    """This is no JSON Schema that can be held to. Mend the schema where the message says."""


class _Validator:
    """A validator that is compiled when it is first needed. Compiling it twice in a race does no harm."""

    __slots__ = ("_compiled", "_document")

    def __init__(self, document: Json) -> None:
        self._document = document
        self._compiled: jsonschema_rs.Draft202012Validator | None = None

    def get(self) -> jsonschema_rs.Draft202012Validator:
        if self._compiled is None:
            self._compiled = compiled(self._document)
        return self._compiled


def compiled(document: Json) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema.

    Raises:
        InvalidSchema: it is none, or goes beyond our bounds.
    """
    faults = faults_of(document)
    if faults or not isinstance(document, dict | bool):
        raise InvalidSchema("; ".join(fault.message for fault in faults) or "a schema is an object or a boolean")
    return jsonschema_rs.Draft202012Validator(
        document, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )


@dataclass(frozen=True, slots=True)
class Schema:
    """What a value is held to."""

    document: Json
    _validator: _Validator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_validator", _Validator(self.document))

    def unmet(self, value: Json, path: str = "") -> tuple[Unmet, ...]:
        """List what the value does not meet, at most `bounds.UNMET` of it; paths begin with `path`.

        Raises:
            InvalidSchema: the document is no schema.
        """
        return tuple(islice(_unmet(self._validator.get(), self.document, value, path), UNMET))


@dataclass(frozen=True, slots=True)
class Contract:
    """The arguments of an event, a start or a tool, as one closed object schema."""

    input_schema: JsonObject
    _validator: _Validator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_validator", _Validator(self.input_schema))

    def require_valid(self) -> None:
        """Compile the schema now.

        Raises:
            InvalidSchema: the document is no schema.
        """
        self._validator.get()

    def unmet(self, arguments: JsonObject) -> tuple[Unmet, ...]:
        """List what the arguments do not meet, at most `bounds.UNMET` of it.

        Raises:
            InvalidSchema: the document is no schema.
        """
        return tuple(islice(_unmet(self._validator.get(), self.input_schema, arguments, ""), UNMET))


def _unmet(validator: jsonschema_rs.Draft202012Validator, document: Json, value: Json, path: str) -> Iterator[Unmet]:
    """Judge what no schema may admit first: the validator is not asked about values it cannot read."""
    refused = tuple(islice(foreign(document, value, path), UNMET))
    if refused:
        yield from refused
        return
    for error in validator.iter_errors(value):
        yield from unmet_of(document, error, path)

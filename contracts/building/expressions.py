"""Compiles the expressions of a checked file, with what the schemas say of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..document.states import AfterPart, EventPart, ToolUsePart, TransitionPart
from ..expressions import Expression, Guard, Program, Template, programs_of
from ..numbers import Numbers, numbers_of
from ..programs import RootNumbers
from ..values import Json
from ..workflow import Condition, Save

_Compiled = TypeVar("_Compiled", Guard, Expression, Template)


class Compiler:
    """Compiles expressions, and remembers them: `programs` tells afterwards what the workflow reads.

    `record` and `payload` give the schemas of the session's fields and of what else an event carries.
    """

    def __init__(
        self,
        record: Mapping[str, Json],
        payload: Mapping[str, Json] | None = None,
        programs: list[Program] | None = None,
    ) -> None:
        self._record = record
        self._numbers = _numbers(record, {**record, **(payload or {})})
        self.programs: list[Program] = [] if programs is None else programs

    def with_payload(self, payload: Mapping[str, Json]) -> Compiler:
        """Give the compiler for an event that carries more than record fields."""
        return Compiler(self._record, payload, self.programs) if payload else self

    def guard(self, text: str) -> Guard:
        """Compile a condition."""
        return self._noted(Guard.compile(text, self._numbers))

    def expression(self, value: Json) -> Expression:
        """Compile a value of the file: `=…` or a literal."""
        return self._noted(Expression.of(value, self._numbers))

    def template(self, document: Mapping[str, Json]) -> Template:
        """Compile a mapping of the file."""
        return self._noted(Template.of(document, self._numbers))

    def condition(self, part: TransitionPart | AfterPart | EventPart | ToolUsePart) -> Condition | None:
        """Compile the `when` and `message` of a part; None where it has no `when`."""
        return None if part.when is None else Condition(self.guard(part.when), part.message)

    def fields(self, document: Mapping[str, Json]) -> dict[str, Expression]:
        """Compile a mapping of fields to values."""
        return {name: self.expression(value) for name, value in document.items()}

    def save(self, save: str | Mapping[str, Json] | None) -> Save | None:
        """Compile `save`: a field for the whole result, or a mapping."""
        if save is None:
            return None
        return Save(self.fields({save: "=result"} if isinstance(save, str) else save))

    def _noted(self, compiled: _Compiled) -> _Compiled:
        self.programs += programs_of(compiled)
        return compiled


def _numbers(record: Mapping[str, Json], event: Mapping[str, Json]) -> RootNumbers:
    found = {root: _members(schemas) for root, schemas in (("record", record), ("event", event))}
    return {root: numbers for root, numbers in found.items() if numbers is not None}


def _members(schemas: Mapping[str, Json]) -> Numbers | None:
    members = {name: numbers for name, schema in schemas.items() if (numbers := numbers_of(schema)) is not None}
    return Numbers(None, members) if members else None

"""CEL, failing closed: guards, expressions and templates.

A guard passes only when it evaluates to the boolean `true`. An error, a missing value, a wrong
type or an exhausted budget is an error and never passes. An expression sees only the names it
mentions: it tells which (`needs`), and its caller's `Scope` hands over those and nothing else.

What a name may be at a place of a workflow is judged when the file is checked (`linting`); here
every root name of the format compiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cel_expr_python import cel

from .programs import (
    EvaluationError,
    ExpressionFault,
    Needs,
    Program,
    RootNumbers,
    Scope,
    compile_program,
    fault_of,
    merged,
    needs_of,
)
from .values import Json, JsonObject, settled

__all__ = [
    "EvaluationError",
    "Expression",
    "ExpressionFault",
    "Guard",
    "Needs",
    "Program",
    "Scope",
    "Template",
    "Verdict",
    "compile_program",
    "expression_text",
    "fault_of",
    "has_expression",
    "literal_of",
    "needs_of",
    "programs_of",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard says: passed, or not; `error` tells why it could not be judged."""

    passed: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A compiled boolean expression."""

    text: str
    needs: Needs
    program: Program = field(repr=False)

    @classmethod
    def compile(cls, text: str, numbers: RootNumbers | None = None) -> Guard:
        """Compile a condition.

        Raises:
            ExpressionFault: it is no CEL, or can never be a boolean.
        """
        program = compile_program(text, numbers)
        kind = program.tree.kinds.get(program.tree.root.id, "dyn")
        if kind not in ("bool", "dyn"):
            raise ExpressionFault(f"a condition must give true or false, and this gives {kind}")
        return cls(text, program.needs, program)

    def judge(self, scope: Scope) -> Verdict:
        """Say whether the condition is true. Never raises for what the scope's values are."""
        try:
            value = self.program.run(scope)
        except EvaluationError as error:
            return Verdict(passed=False, error=str(error))
        if value.type() != cel.Type.BOOL:
            return Verdict(passed=False, error=f"{self.text!r} gives {value.type().name()}, not true or false")
        return Verdict(passed=value.value() is True)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression of any type, or a literal (`program` is None).

    `parts` are those of a mapping or list of the file with expressions in it.
    """

    text: str
    needs: Needs
    program: Program | None = field(default=None, repr=False)
    literal: Json = None
    parts: Part | None = field(default=None, repr=False)

    @classmethod
    def compile(cls, text: str, numbers: RootNumbers | None = None) -> Expression:
        """Compile CEL, without the leading `=` of the file.

        Raises:
            ExpressionFault: it is no CEL.
        """
        program = compile_program(text, numbers)
        return cls(text, program.needs, program)

    @classmethod
    def of(cls, value: Json, numbers: RootNumbers | None = None) -> Expression:
        """Read a value of the file: `=…` is CEL, `==…` a literal `=…`, at any depth; anything else is itself.

        Raises:
            ExpressionFault: a string that begins with one `=` is no CEL.
        """
        text = expression_text(value)
        if text is not None:
            return cls.compile(text, numbers)
        if not has_expression(value):
            return cls(repr(value), {}, literal=literal_of(value))
        parts = _part(value, numbers)
        return cls(repr(value), merged(program.needs for program in programs_of(parts)), parts=parts)

    def evaluate(self, scope: Scope) -> Json:
        """Give the value as plain JSON.

        Raises:
            EvaluationError: there is none, or JSON has no such value.
        """
        if self.parts is not None:
            return _render(self.parts, scope)
        if self.program is None:
            return self.literal
        value = self.program.run(scope)
        try:
            return settled(_json(value.plain_value()))
        except (TypeError, RuntimeError) as error:
            raise EvaluationError(f"{self.text!r} gives no JSON value: {error}") from None


def expression_text(value: object) -> str | None:
    """Give the CEL of a value of the file, or None where it is a literal."""
    return value[1:] if isinstance(value, str) and value.startswith("=") and not value.startswith("==") else None


def has_expression(value: Json) -> bool:
    """Whether there is CEL in a value of the file, at any depth."""
    if isinstance(value, dict):
        return any(map(has_expression, value.values()))
    if isinstance(value, list):
        return any(map(has_expression, value))
    return expression_text(value) is not None


def literal_of(value: Json) -> Json:
    """Give a value of the file without CEL as it is meant: `==…` is `=…`."""
    if isinstance(value, dict):
        return {name: literal_of(item) for name, item in value.items()}
    if isinstance(value, list):
        return [literal_of(item) for item in value]
    return value[1:] if isinstance(value, str) and value.startswith("==") else value


@dataclass(frozen=True, slots=True)
class Template:
    """A mapping of literals and expressions, at any depth."""

    names: tuple[str, ...]
    parts: Mapping[str, Part] = field(default_factory=dict[str, "Part"], repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Json], numbers: RootNumbers | None = None) -> Template:
        """Compile a mapping of the file.

        Raises:
            ExpressionFault: one of its expressions is no CEL.
        """
        return cls(tuple(document), {name: _part(value, numbers) for name, value in document.items()})

    def render(self, scope: Scope) -> JsonObject:
        """Evaluate every expression in it.

        Raises:
            EvaluationError: one of them gives no value.
        """
        return {name: _render(part, scope) for name, part in self.parts.items()}


Part: TypeAlias = "Expression | tuple[Part, ...] | Template"
"""What a template is made of: values, lists and mappings."""


def programs_of(compiled: Guard | Part) -> Iterator[Program]:
    """Give every compiled expression in a guard, an expression or a template."""
    if isinstance(compiled, Template):
        for part in compiled.parts.values():
            yield from programs_of(part)
    elif isinstance(compiled, tuple):
        for part in compiled:
            yield from programs_of(part)
    elif isinstance(compiled, Expression) and compiled.parts is not None:
        yield from programs_of(compiled.parts)
    elif compiled.program is not None:
        yield compiled.program


def _part(value: Json, numbers: RootNumbers | None) -> Part:
    if isinstance(value, dict):
        return Template.of(value, numbers)
    if isinstance(value, list):
        return tuple(_part(item, numbers) for item in value)
    return Expression.of(value, numbers)


def _render(part: Part, scope: Scope) -> Json:
    if isinstance(part, Expression):
        return part.evaluate(scope)
    if isinstance(part, Template):
        return part.render(scope)
    return [_render(item, scope) for item in part]


def _json(value: cel.PlainValue) -> Json:
    """Hold a value of CEL's to what JSON has. Raises TypeError."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        message = f"{value} has no JSON text"
        raise TypeError(message)
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _json(item) for key, item in value.items()}
    message = f"{type(value).__name__} is no type of JSON's; turn it into a string in the expression"
    raise TypeError(message)


def _key(key: cel.PlainKey) -> str:
    if isinstance(key, str):
        return key
    message = f"the key {key!r} of a map is no string"
    raise TypeError(message)

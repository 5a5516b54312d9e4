"""CEL, failing closed: guards, expressions and templates.

A guard passes only when it evaluates to the boolean `true`. An error, a missing value, a wrong
type or an exhausted budget is an error and never passes. An expression sees only the names it
mentions: it tells which (`needs`), and its caller's `Scope` hands over those and nothing else.

What a name may be at a place of a workflow is judged when the file is checked (`linting`); here
every root name of the format compiles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Protocol, TypeAlias

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from .bounds import GUARD_BYTES
from .errors import PointsmanError
from .numbers import DOUBLE, Numbers, with_numbers
from .syntax_tree import Tree, paths, read
from .values import Json, JsonObject, settled

ROOTS: Final = (
    "record",
    "event",
    "args",
    "result",
    "done",
    "evidence",
    "visits",
    "decisions",
    "confidence",
    "path_confidence",
    "session",
)
"""Every root name an expression may use somewhere (workflow format, "Expressions")."""

Needs: TypeAlias = Mapping[str, frozenset[str] | None]
"""Root name (`record`, `args`, …) to the first-level members that are read; None: the whole of it."""

RootNumbers: TypeAlias = Mapping[str, Numbers]
"""Root name to the numbers in it."""

_ALWAYS: Final[RootNumbers] = {"confidence": DOUBLE, "path_confidence": DOUBLE}
_FAULT: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?: \(in container ''\))?$", re.MULTILINE)


class Scope(Protocol):
    """What an expression may see, handed over by name."""

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        """Give the value of a root name, with only these members where it is a map.

        Members that do not exist are left out. Raises KeyError for a root this scope does not have.
        """
        ...


class EvaluationError(PointsmanError):
    """An expression gave no value. Ask for a field with `has()` before using one that may be absent."""


class ExpressionFault(PointsmanError):
    """An expression is not CEL. Mend it where the message says.

    `offset` counts code points from the start of the expression.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard says: passed, or not; `error` tells why it could not be judged."""

    passed: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression, and the kinds of the numbers it is handed."""

    text: str
    tree: Tree
    needs: Needs
    numbers: RootNumbers
    checked: cel.Expression

    def run(self, scope: Scope) -> cel.Value:
        """Evaluate over what the scope hands out.

        Raises:
            EvaluationError: the scope lacks a name, or the value is an error of CEL's.
        """
        data: dict[str, Json] = {}
        try:
            for root, members in self.needs.items():
                value = scope.select(root, members)
                numbers = self.numbers.get(root)
                data[root] = with_numbers(value, numbers) if numbers else value
            result = self.checked.eval(data=data)
        except KeyError as error:
            raise EvaluationError(f"{self.text!r} reads {error.args[0]!r}, which does not exist here") from None
        except (RuntimeError, OverflowError, TypeError, ValueError, RecursionError) as error:
            raise EvaluationError(f"{self.text!r} could not be evaluated: {error}") from error
        if result.type() == cel.Type.ERROR:
            raise EvaluationError(f"{self.text!r} gives an error: {result.value()}")
        return result


def compile_program(text: str, numbers: RootNumbers | None = None) -> Program:
    """Compile CEL with every root name known and nothing said about types.

    Raises:
        ExpressionFault: the text is no CEL, uses an unknown name, or is longer than 4 KB.
    """
    if len(text.encode("utf-8", "surrogatepass")) > GUARD_BYTES:
        raise ExpressionFault(f"the expression is longer than {GUARD_BYTES} bytes")
    try:
        checked = environment().compile(text)
    except (RuntimeError, TypeError, ValueError) as error:
        raise fault_of(text, error) from None
    tree = read(checked.serialize())
    return Program(text, tree, needs_of(tree), {**_ALWAYS, **(numbers or {})}, checked)


def fault_of(text: str, error: Exception) -> ExpressionFault:
    """Put what CEL says of a text it does not compile into one line and an offset."""
    found = _FAULT.search(str(error))
    if found is None:
        return ExpressionFault(str(error).partition(" [")[0].partition("\n")[0])
    line, column, message = int(found[1]), int(found[2]), found[3]
    before = text.split("\n")[: max(line - 1, 0)]
    return ExpressionFault(message, sum(len(part) + 1 for part in before) + max(column - 1, 0))


@cache
def environment() -> cel.Env:
    """The one environment expressions are evaluated in: every root name is dynamic."""
    return cel.NewEnv(variables=dict.fromkeys(ROOTS, cel.Type.DYN), extensions=[ext_strings.ExtStrings()])


def needs_of(tree: Tree) -> Needs:
    """Find the root names a tree reads, with their first-level members."""
    needs: dict[str, frozenset[str] | None] = {}
    for _, root, members in paths(tree.root):
        known = needs.get(root, frozenset())
        needs[root] = None if known is None or not members else known | {members[0]}
    return needs


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
    """A compiled expression of any type, or a literal (`program` is None)."""

    text: str
    needs: Needs
    program: Program | None = field(default=None, repr=False)
    literal: Json = None

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
        """Read a value of the file: `=…` is CEL, `==…` a literal `=…`, anything else itself.

        Raises:
            ExpressionFault: a string that begins with one `=` is no CEL.
        """
        text = expression_text(value)
        if text is not None:
            return cls.compile(text, numbers)
        literal = value[1:] if isinstance(value, str) and value.startswith("==") else value
        return cls(repr(literal), {}, None, literal)

    def evaluate(self, scope: Scope) -> Json:
        """Give the value as plain JSON.

        Raises:
            EvaluationError: there is none, or JSON has no such value.
        """
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

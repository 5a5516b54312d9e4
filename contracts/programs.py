"""CEL programs: compiling, what they need, and evaluating them over a scope.

The one place that talks to cel-expr-python. What an expression may not see it is not handed, and what
CEL reports as an error value is raised here, so that nobody takes one for a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol, TypeAlias

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from .bounds import GROWING_TEXT_CHARACTERS, GUARD_BYTES
from .errors import PointsmanError
from .numbers import DOUBLE, Numbers, with_numbers
from .syntax_tree import Tree, paths, read
from .values import Json

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
    "body",
)
"""Every root name an expression may use somewhere (workflow format, "Expressions")."""

Needs: TypeAlias = Mapping[str, frozenset[str] | None]
"""Root name (`record`, `args`, …) to the first-level members that are read; None: the whole of it."""

RootNumbers: TypeAlias = Mapping[str, Numbers]
"""Root name to the numbers in it."""

_ALWAYS: Final[RootNumbers] = {"confidence": DOUBLE, "path_confidence": DOUBLE}
_GROWS: Final = re.compile(r"\.\s*(replace|join|format)\s*\(")
"""What can make a text as long as its arguments multiplied; CEL's own budget does not count characters."""
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
            if _GROWS.search(self.text) and _characters(list(data.values())) > GROWING_TEXT_CHARACTERS:
                raise EvaluationError(f"{self.text!r} makes text out of more than {GROWING_TEXT_CHARACTERS} characters")
            result = self.checked.eval(data=data)
        except KeyError as error:
            raise EvaluationError(f"{self.text!r} reads {error.args[0]!r}, which does not exist here") from None
        except (RuntimeError, OverflowError, TypeError, ValueError, RecursionError, MemoryError) as error:
            raise EvaluationError(f"{self.text!r} could not be evaluated: {error}") from error
        if result.type() == cel.Type.ERROR:
            raise EvaluationError(f"{self.text!r} gives an error: {result.value()}")
        return result


def _characters(value: Json) -> int:
    """Count the characters of all texts in a value."""
    if isinstance(value, str):
        return len(value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(_characters(item) for item in items)


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
    """Find the root names a tree reads, with their first-level members. Names of types (`string`) are none."""
    found = ((root, members) for _, root, members in paths(tree.root) if root in ROOTS)
    return merged({root: frozenset(members[:1]) or None} for root, members in found)


def merged(several: Iterable[Needs]) -> Needs:
    """Give all that several expressions need."""
    needs: dict[str, frozenset[str] | None] = {}
    for each in several:
        for root, members in each.items():
            known = needs.get(root, frozenset())
            needs[root] = None if known is None or members is None else known | members
    return needs

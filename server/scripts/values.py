"""Values of a script that begin with `=`: CEL over `record` and `last`, the last reply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from pointsman.contracts.expressions import Expression, expression_text
from pointsman.contracts.positions import Path
from pointsman.contracts.programs import Program, fault_of, merged
from pointsman.contracts.syntax_tree import paths, read
from pointsman.contracts.values import Json, JsonObject

_ROOTS: Final = ("record", "last")


@dataclass(frozen=True, slots=True)
class ScriptScope:
    """What an expression of a script may see. Fills the port `contracts.expressions.Scope`."""

    record: JsonObject
    last: JsonObject

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        """Give one of the two, with only these members."""
        values = {"record": self.record, "last": self.last}[root]
        return {name: value for name, value in values.items() if members is None or name in members}


def compiled(text: str) -> Expression:
    """Compile an expression of a script, without its leading `=`.

    Raises:
        ExpressionFault: it is no CEL, or reads another name than `record` and `last`.
    """
    try:
        checked = _environment().compile(text)
    except (RuntimeError, TypeError, ValueError) as error:
        raise fault_of(text, error) from None
    tree = read(checked.serialize())
    found = ((root, members) for _, root, members in paths(tree.root) if root in _ROOTS)
    needs = merged({root: frozenset(members[:1]) or None} for root, members in found)
    return Expression(text, needs, Program(text, tree, needs, {}, checked))


def expressions(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Find the expressions in a value, at any depth, each with its path."""
    text = expression_text(value)
    if text is not None:
        yield path, text
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from expressions(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from expressions(item, (*path, index))


def rendered(value: JsonObject, scope: ScriptScope) -> JsonObject:
    """Give a mapping with every expression in it evaluated.

    Raises:
        EvaluationError: when one gives no value.
    """
    return {name: _rendered(item, scope) for name, item in value.items()}


def _rendered(value: Json, scope: ScriptScope) -> Json:
    text = expression_text(value)
    if text is not None:
        return compiled(text).evaluate(scope)
    if isinstance(value, dict):
        return rendered(value, scope)
    if isinstance(value, list):
        return [_rendered(item, scope) for item in value]
    return value[1:] if isinstance(value, str) and value.startswith("==") else value


@cache
def _environment() -> cel.Env:
    return cel.NewEnv(variables=dict.fromkeys(_ROOTS, cel.Type.DYN), extensions=[ext_strings.ExtStrings()])

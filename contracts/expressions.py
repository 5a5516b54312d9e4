"""CEL, failing closed: guards, expressions and templates.

A guard passes only when it evaluates to the boolean `true`. An error, a missing value, a wrong
type or an exhausted budget is an error and never passes. An expression sees only the names it
mentions: it tells which (`needs`), and its caller's `Scope` hands over those and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from .values import Json

Needs: TypeAlias = Mapping[str, frozenset[str] | None]
"""Root name (`record`, `args`, …) to the first-level members that are read; None: the whole of it."""


class Scope(Protocol):
    """What an expression may see, handed over by name."""

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        """Give the value of a root name, with only these members where it is a map.

        Members that do not exist are left out. Raises KeyError for a root this scope does not have.
        """
        ...


class EvaluationError(Exception):
    """An expression gave no value; the message says which expression and why."""


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

    def judge(self, scope: Scope) -> Verdict:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression of any type."""

    text: str
    needs: Needs

    def evaluate(self, scope: Scope) -> Json:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Template:
    """A mapping of literals and expressions, at any depth."""

    names: tuple[str, ...]

    def render(self, scope: Scope) -> dict[str, Json]:
        raise NotImplementedError

"""Calls that have succeeded, as a session remembers them: the last one of a tool, and those that something rests on."""

from __future__ import annotations

from dataclasses import dataclass

from pointsman.contracts.values import Json, JsonObject


@dataclass(frozen=True, slots=True)
class CallMade:
    """A call that a value or an event rests on. `revision` is that of the fact with its result, `at` when that was."""

    tool: str
    revision: int
    at: int


@dataclass(frozen=True, slots=True)
class Done:
    """The last successful call of a tool. Arguments and result only where an expression reads them."""

    at: int
    count: int
    stay: int
    revision: int
    args: JsonObject | None = None
    result: Json = None


@dataclass(frozen=True, slots=True)
class Found:
    """A successful call that can be evidence. `revision` is that of the fact that settled it.

    `void` are the names, of tools or `write`, that were called between its beginning and its end: to
    evidence that is good until one of them it never was good. Arguments and result only where an
    expression reads them.
    """

    at: int
    stay: int
    revision: int
    void: tuple[str, ...] = ()
    args: JsonObject | None = None
    result: Json = None

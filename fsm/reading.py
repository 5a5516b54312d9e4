"""Readings: the values that two readers give independently of each other, and what it is to be equal.

Of values alone: `agreeing` gets the readings and goes on by them, `comparing` folds them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from pydantic import TypeAdapter

from pointsman.contracts.values import Json, JsonObject

from .remembered import CallMade


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader gave: of an agent or a model its event, of a tool the result of a call.

    `by` is the principal, the model or the tool, and `revision` that of the fact that has all it gave. `values` are the
    fields that are compared; one that the reader did not give is not there.
    """

    by: str
    kind: Literal["agent", "model", "tool"]
    revision: int
    at: int
    values: JsonObject
    event: str | None = None
    confidence: float | None = None
    rationale: str | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of a stay: the first, which is held until there is a second one.

    `differ` names the compared fields in which the two differ. `arguments`, `evidence` and the `calls` that it rests on
    are of the first event, for as long as it is held; `turns` counts the turns that a model has taken for it.
    """

    fields: tuple[str, ...]
    first: Reading
    second: Reading | None = None
    differ: tuple[str, ...] = ()
    arguments: JsonObject = field(default_factory=dict[str, Json])
    evidence: JsonObject = field(default_factory=dict[str, Json])
    calls: tuple[CallMade, ...] = ()
    turns: int = 0

    @property
    def agree(self) -> bool:
        """Whether the second reading says the same as the first: no field differs, nor the event, where it has one."""
        return not self.differ and not self.events_differ

    @property
    def events_differ(self) -> bool:
        """Whether the two readings are different events. A tool sends none, so there only the fields count."""
        return self.second is not None and self.second.event not in (None, self.first.event)


_READINGS: Final = TypeAdapter(Readings)


def compared(readings: Readings) -> Readings:
    """The readings with the fields in which they differ, in the order of the workflow file, and nothing held any more.

    A field that only one of them gave differs.
    """
    one, other = readings.first.values, readings.second.values if readings.second is not None else {}
    differ = tuple(name for name in readings.fields if not _gave_the_same(name, one, other))
    return replace(readings, differ=differ, arguments={}, evidence={}, calls=())


def readings_value(readings: Readings) -> JsonObject:
    """Give readings as JSON."""
    value: JsonObject = _READINGS.dump_python(readings, mode="json", exclude_defaults=True)
    return value


def are_equal(one: Json, other: Json) -> bool:
    """Whether two JSON values are equal: numbers by their value (12 is 12.0), texts exactly, `true` is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(are_equal(left, right) for left, right in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _gave_the_same(name: str, one: JsonObject, other: JsonObject) -> bool:
    return name in one and name in other and are_equal(one[name], other[name])

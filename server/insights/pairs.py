"""How often two readings of the same have agreed (`agree`), and which of them people followed where they did not.

What differs is what the audit says of it: the two were compared when the second one was there, and are not compared
again here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.fsm.reading import are_equal

from .proposals import Label

Followed: TypeAlias = Literal["first", "second", "each", "neither"]
FOLLOWED: Final[tuple[Followed, ...]] = ("first", "second", "each", "neither")


class ReadTwice(NamedTuple):
    """Where two readings are counted together: in a state of a version of a workflow.

    `version` is None where versions are put together.
    """

    workflow: str
    version: int | None
    state: str


@dataclass(slots=True)
class PairTally:
    """Two readings, counted in a span of time.

    `fields` says of each compared field how often it was compared, `differ` how often it was not the same. In `events`
    pairs two models sent different events. `labels` are what people made of what both had agreed on. `followed` is
    whom a person followed where fields differed: the first reading, the second, each in some of the fields, or
    neither.
    """

    pairs: int = 0
    agreed: int = 0
    events: int = 0
    fields: Counter[str] = field(default_factory=Counter[str])
    differ: Counter[str] = field(default_factory=Counter[str])
    labels: Counter[Label] = field(default_factory=Counter[Label])
    followed: Counter[Followed] = field(default_factory=Counter[Followed])

    def take(self, pair: Pair) -> None:
        """Count two readings."""
        self.pairs += 1
        self.agreed += pair.agree
        self.events += pair.events_differ
        self.fields.update(pair.fields)
        self.differ.update(pair.differ)

    def take_verdict(self, pair: Pair, label: Label, edits: JsonObject) -> None:
        """Count what a person made of them; `edits` are the fields they have changed, with their values since."""
        if pair.agree:
            self.labels[label] += 1
        elif pair.differ:
            self.followed[pair.followed(label, edits)] += 1


class Pair(NamedTuple):
    """Two readings that were compared, as the row has them whose event was taken in the name of the first."""

    fields: tuple[str, ...]
    differ: tuple[str, ...]
    events_differ: bool
    first: JsonObject
    second: JsonObject
    second_by: str

    @property
    def agree(self) -> bool:
        """Whether both say the same."""
        return not self.differ and not self.events_differ

    def followed(self, label: Label, edits: JsonObject) -> Followed:
        """Say whose values stand after a person's decision, in the fields in which the two differ."""
        if label == "rejected":
            return "neither"
        standing = {name: edits[name] if name in edits else self.first.get(name) for name in self.differ}
        of_first = [_is(value, self.first, name) for name, value in standing.items()]
        of_second = [_is(value, self.second, name) for name, value in standing.items()]
        if all(of_first):
            return "first"
        if all(of_second):
            return "second"
        either = all(one or other for one, other in zip(of_first, of_second, strict=True))
        return "each" if either else "neither"


def pair_of(body: JsonObject) -> Pair | None:
    """Give the two readings of a row; None where it has none."""
    readings = body.get("readings")
    if not isinstance(readings, dict):
        return None
    first, second = as_object(readings.get("first")), as_object(readings.get("second"))
    return Pair(
        _names(readings.get("fields")),
        _names(readings.get("differ")),
        second.get("event") not in {None, first.get("event")},
        as_object(first.get("values")),
        as_object(second.get("values")),
        str(second.get("by")),
    )


def _is(value: Json, reading: JsonObject, name: str) -> bool:
    """Whether a value is what a reading gave. Nothing stands where the reading gave nothing, which is the same."""
    return are_equal(value, reading.get(name))


def _names(value: Json) -> tuple[str, ...]:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()

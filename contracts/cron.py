"""The times of a schedule: five fields, as cron has them (crontab(5)).

Read here are the form, whether any day has such a time, and what numbers are meant; which moments those are in a
zone is said by whoever starts sessions by them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_PART: Final = re.compile(r"(?P<first>\*|[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?(?:/(?P<step>[0-9]{1,4}))?\Z")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field: its name, its least and greatest number, and names for numbers from the least on."""

    name: str
    least: int
    greatest: int
    names: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class CronFault:
    """Why a text gives no times. `offset` counts characters to the field that is wrong."""

    offset: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Cron:
    """What the five fields mean. `weekdays` count from 0, Sunday.

    `either` says that both kinds of day are restricted: then a day counts that is one of the two (crontab(5)).
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    @property
    def hourly(self) -> bool:
        """Whether every hour is meant, so that time is told by minutes that pass and not by what a clock shows."""
        return len(self.hours) == 24

    def has_day(self, month: int, day: int, weekday: int) -> bool:
        """Whether a day is meant; `weekday` counts from 0, Sunday."""
        of_month, of_week = day in self.days, weekday in self.weekdays
        return month in self.months and (of_month or of_week if self.either else of_month and of_week)


def read_cron(text: str) -> Cron:
    """Read the times of a schedule in which `fault_of_cron` finds nothing."""
    fields = text.lower().split()
    minutes, hours, days, months, weekdays = (
        _numbers(field, said) for field, said in zip(_FIELDS, fields, strict=True)
    )
    return Cron(
        minutes,
        hours,
        days,
        months,
        frozenset(number % 7 for number in weekdays),
        either=fields[2] != "*" and fields[4] != "*",
    )


def fault_of_cron(text: str) -> CronFault | None:
    """Say what is wrong with the times of a schedule; None where they are some."""
    fields = list(re.finditer(r"\S+", text))
    if len(fields) != len(_FIELDS):
        macro = _MACROS.get(text.strip().lower())
        hint = "They are: minute, hour, day of the month, month, day of the week."
        message = f"five fields are needed, and there are {len(fields)}"
        return CronFault(0, message, f"Write `{macro}`." if macro else hint)
    numbers: list[frozenset[int]] = []
    for field, found in zip(_FIELDS, fields, strict=True):
        meant = _numbers(field, found[0].lower())
        if not meant:
            said = f"`{found[0]}` is no {field.name}"
            return CronFault(found.start(), said, _form(field))
        numbers.append(meant)
    if not _has_a_day(numbers, fields[4][0]):
        return CronFault(fields[2].start(), "no month here has this day", "Mend the day or the month.")
    return None


def _form(field: _Field) -> str:
    names = f", or names such as `{field.names[0]}`" if field.names else ""
    example = f"`*/{5 if field.greatest > 30 else 2}`, `{field.least}-{field.greatest}`"
    return f"It is a number from {field.least} to {field.greatest}{names}, `*`, or like {example}."


def _numbers(field: _Field, text: str) -> frozenset[int]:
    """Give the numbers that a field means; none where it is no such field."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.match(part)
        span = None if match is None else _span(field, match["first"], match["last"], match["step"])
        if span is None:
            return frozenset()
        found.update(span)
    return frozenset(found)


def _span(field: _Field, first: str, last: str | None, step: str | None) -> range | None:
    if first == "*":
        low, high = field.least, field.greatest
        wrong = last is not None
    else:
        low = _number(field, first)
        high = _number(field, last) if last is not None else field.greatest if step is not None else low
        wrong = low < field.least or high > field.greatest or low > high
    stride = 1 if step is None else int(step)
    return None if wrong or stride < 1 else range(low, high + 1, stride)


def _number(field: _Field, text: str) -> int:
    """Give what a word stands for; a number below every field where it stands for nothing."""
    if text in field.names:
        return field.names.index(text) + field.least
    return int(text) if text.isdecimal() and len(text) <= 2 else -1


def _has_a_day(numbers: Sequence[frozenset[int]], weekdays: str) -> bool:
    """Whether some month has one of the days; a day of the week makes up for it, as either of the two counts."""
    return weekdays != "*" or any(min(numbers[2]) <= _LONGEST[month - 1] for month in numbers[3])

"""The moments of a schedule: what its five fields mean on the clocks of a time zone.

Where clocks are set forward, a time that is skipped is taken as if they had not been: half past two is then
half past three. Where they are set back, a time that comes twice is taken the first time. A schedule of every
hour goes by the time that passes instead: it has no time that is skipped, and both of those that come twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from pointsman.contracts.cron import Cron

_DAY: Final = dt.timedelta(days=1)
_LONGEST_PAUSE_DAYS: Final = 9 * 366
"""From one 29 February to the next are eight years around 2100; no schedule that has a day pauses for longer."""


class Times:
    """The moments of one schedule, in milliseconds since the epoch."""

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self._cron = cron
        self._zone = zone

    def next_after(self, moment_ms: int) -> int | None:
        """Give the first moment after another; None where there is none any more."""
        day = self._day_of(moment_ms) - _DAY  # a time that is skipped may be moved into the next day
        for _ in range(_LONGEST_PAUSE_DAYS):
            found = next((at for at in self._moments_of(day) if at > moment_ms), None)
            if found is not None:
                return found
            if day == dt.date.max:
                return None
            day += _DAY
        return None

    def last_until(self, moment_ms: int, after_ms: int) -> int | None:
        """Give the last moment that is not after `moment_ms` and is after `after_ms`; None where there is none."""
        day, first = self._day_of(moment_ms), self._day_of(after_ms) - _DAY
        while day >= first:
            found = max((at for at in self._moments_of(day) if after_ms < at <= moment_ms), default=None)
            if found is not None:
                return found
            day -= _DAY
        return None

    def _day_of(self, moment_ms: int) -> dt.date:
        return dt.datetime.fromtimestamp(moment_ms / 1000, self._zone).date()

    def _moments_of(self, day: dt.date) -> list[int]:
        """Give the moments whose date is this one, oldest first."""
        cron = self._cron
        if not cron.has_day(day.month, day.day, day.isoweekday() % 7):
            return []
        return sorted(
            {
                _milliseconds(at)
                for hour in cron.hours
                for minute in cron.minutes
                for at in self._shown(dt.datetime.combine(day, dt.time(hour, minute)))
            }
        )

    def _shown(self, shown: dt.datetime) -> Iterator[dt.datetime]:
        """Give the moments at which a clock shows this, or the one that stands for it."""
        first = shown.replace(tzinfo=self._zone)
        if not self._cron.hourly:
            yield first
            return
        for at in (first, first.replace(fold=1)):
            if at.astimezone(dt.UTC).astimezone(self._zone).replace(tzinfo=None) == shown:
                yield at


def _milliseconds(at: dt.datetime) -> int:
    return int(at.timestamp()) * 1000

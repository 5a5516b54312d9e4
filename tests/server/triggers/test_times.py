"""The moments of schedules, over changes of the clocks (IANA time zone database)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.cron import read_cron
from pointsman.server.triggers.times import Times
from tests.server.triggers.times_of_day import MINUTE_MS, moment


def times(cron: str, zone: str = "Europe/Vienna") -> Times:
    return Times(read_cron(cron), ZoneInfo(zone))


def following(cron: str, after: str, count: int, zone: str = "Europe/Vienna") -> list[str]:
    """The next moments of a schedule, as its zone's clocks show them."""
    found: list[str] = []
    at: int | None = moment(after)
    for _ in range(count):
        assert at is not None
        at = times(cron, zone).next_after(at)
        assert at is not None
        shown = dt.datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
        found.append(shown.strftime("%d %H:%M %z"))
    return found


def test_a_time_is_another_moment_in_summer() -> None:
    assert following("0 7 * * *", "2026-03-28T00:00Z", 2) == ["28 07:00 +0100", "29 07:00 +0200"]


def test_a_time_that_is_skipped_is_taken_as_if_the_clock_had_not_been_set() -> None:
    """In Vienna 02:00 becomes 03:00 on 29 March 2026."""
    assert following("30 2 * * *", "2026-03-28T00:00Z", 3) == ["28 02:30 +0100", "29 03:30 +0200", "30 02:30 +0200"]


def test_two_times_that_become_one_moment_are_one() -> None:
    assert following("30 2,3 * * *", "2026-03-28T12:00Z", 2) == ["29 03:30 +0200", "30 02:30 +0200"]


def test_a_time_that_comes_twice_is_taken_the_first_time() -> None:
    """In Vienna 03:00 becomes 02:00 on 25 October 2026."""
    assert following("30 2 * * *", "2026-10-24T12:00Z", 2) == ["25 02:30 +0200", "26 02:30 +0100"]


def test_a_schedule_of_every_hour_goes_by_the_time_that_passes() -> None:
    assert following("30 * * * *", "2026-03-29T00:00Z", 3) == ["29 01:30 +0100", "29 03:30 +0200", "29 04:30 +0200"]
    assert following("30 * * * *", "2026-10-24T23:00Z", 4) == [
        "25 01:30 +0200",
        "25 02:30 +0200",
        "25 02:30 +0100",
        "25 03:30 +0100",
    ]


def test_where_clocks_are_set_by_half_an_hour_no_minute_is_made_up() -> None:
    """On Lord Howe Island 02:00 becomes 02:30 on 4 October 2026."""
    zone = "Australia/Lord_Howe"
    assert following("15 * * * *", "2026-10-03T14:00Z", 3, zone) == [
        "04 01:15 +1030",
        "04 03:15 +1100",
        "04 04:15 +1100",
    ]
    assert following("15 2 * * *", "2026-10-03T12:00Z", 1, zone) == ["04 02:45 +1100"]


def test_a_day_that_a_zone_skips_is_made_up_for_on_the_next() -> None:
    """Samoa had no 30 December 2011."""
    assert following("0 12 30 * *", "2011-12-29T00:00Z", 1, "Pacific/Apia") == ["31 12:00 +1400"]


def test_a_leap_day_comes_again_after_eight_years() -> None:
    assert times("0 0 29 2 *", "UTC").next_after(moment("2096-03-01T00:00Z")) == moment("2104-02-29T00:00Z")


def test_a_moment_is_not_after_itself() -> None:
    at = moment("2026-11-28T06:00Z")
    assert times("0 6 * * *", "UTC").next_after(at) == at + 24 * 60 * MINUTE_MS
    assert times("0 6 * * *", "UTC").next_after(at - 1) == at


def test_after_the_last_day_there_is_none() -> None:
    assert times("0 0 29 2 *", "UTC").next_after(moment("9999-06-01T00:00Z")) is None


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("2026-11-27T06:00Z", "2026-11-28T06:00Z"),
        ("2026-11-20T00:00Z", "2026-11-28T06:00Z"),
        ("2026-11-28T06:00Z", None),
    ],
)
def test_the_last_moment_of_a_span_is_found(after: str, found: str | None) -> None:
    last = times("0 6 * * *", "UTC").last_until(moment("2026-11-28T12:00Z"), moment(after))
    assert last == (None if found is None else moment(found))


CRONS = ("*/7 * * * *", "30 2 * * *", "0,59 1-3 * * *", "15 */3 * * sun", "0 0 1,29 * fri", "5 2 * mar,oct *")
ZONES = ("UTC", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham")


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), st.integers(1_760_000_000, 1_830_000_000))
def test_the_last_moment_until_the_next_one_is_the_next_one(cron: str, zone: str, seconds: int) -> None:
    """Whoever has followed a schedule up to a moment misses nothing and finds nothing twice."""
    one, after = times(cron, zone), seconds * 1000
    at = one.next_after(after)
    assert at is not None
    assert at > after
    assert at % MINUTE_MS == 0
    assert one.last_until(at, after) == at
    assert one.last_until(at - 1, after) is None

"""The times of a schedule (crontab(5)): which are some, and which field is wrong."""

from __future__ import annotations

import pytest

from pointsman.contracts.cron import fault_of_cron, read_cron


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 7 * * 1",
        "0 7 * * mon",
        "*/5 8-18 * * MON-FRI",
        "0,30 6 1,15 * *",
        "5/15 * * jan-mar,dec *",
        "0 0 29 2 *",
        "0 0 31 2 mon",
        "0 0 31 1-2 *",
        " 0  0 * * 7 ",
    ],
)
def test_times_that_come_are_taken(text: str) -> None:
    assert fault_of_cron(text) is None


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("60 * * * *", 0, "`60` is no minute"),
        ("0 24 * * *", 2, "`24` is no hour"),
        ("0 0 0 * *", 4, "`0` is no day of the month"),
        ("0 0 * 13 *", 6, "`13` is no month"),
        ("0 0 * mars *", 6, "`mars` is no month"),
        ("0 0 * * 8", 8, "`8` is no day of the week"),
        ("0 0 * * fri-mon", 8, "`fri-mon` is no day of the week"),
        ("0 18-8 * * *", 2, "`18-8` is no hour"),
        ("*/0 * * * *", 0, "`*/0` is no minute"),
        ("*-3 * * * *", 0, "`*-3` is no minute"),
        ("1, * * * *", 0, "`1,` is no minute"),
        ("1-2-3 * * * *", 0, "`1-2-3` is no minute"),
        ("007 * * * *", 0, "`007` is no minute"),
        ("\u0663 * * * *", 0, "`\u0663` is no minute"),
        ("0 0 30 2 *", 4, "no month here has this day"),
        ("0 0 31 2,4,jun *", 4, "no month here has this day"),
        ("* * * *", 0, "five fields are needed, and there are 4"),
        ("0 * * * * *", 0, "five fields are needed, and there are 6"),
        ("", 0, "five fields are needed, and there are 0"),
        ("@hourly", 0, "five fields are needed, and there are 1"),
    ],
)
def test_the_field_that_is_wrong_is_named(text: str, offset: int, message: str) -> None:
    fault = fault_of_cron(text)
    assert fault is not None
    assert (fault.offset, fault.message) == (offset, message)


def test_a_macro_is_written_out_and_a_field_explained() -> None:
    macro, month, minute = fault_of_cron("@Daily"), fault_of_cron("0 0 * may-june *"), fault_of_cron("99 * * * *")
    assert macro is not None
    assert macro.hint == "Write `0 0 * * *`."
    assert month is not None
    assert month.hint == "It is a number from 1 to 12, or names such as `jan`, `*`, or like `*/2`, `1-12`."
    assert minute is not None
    assert minute.hint == "It is a number from 0 to 59, `*`, or like `*/5`, `0-59`."


@pytest.mark.parametrize(
    ("text", "day", "meant"),
    [
        ("0 7 * * mon", (6, 1, 1), True),
        ("0 7 * * mon", (6, 2, 2), False),
        ("0 7 * * 7", (6, 7, 0), True),
        ("0 7 1,15 * *", (6, 15, 3), True),
        ("0 7 1,15 * *", (6, 16, 4), False),
        ("0 7 1 * mon", (6, 1, 3), True),
        ("0 7 1 * mon", (6, 8, 1), True),
        ("0 7 1 * mon", (6, 9, 2), False),
        ("0 7 * jun-aug *", (5, 31, 0), False),
    ],
)
def test_a_day_is_meant_by_its_number_or_its_name_and_by_either_where_both_are_said(
    text: str, day: tuple[int, int, int], *, meant: bool
) -> None:
    """crontab(5): the day matches when either field does, where both are restricted."""
    assert read_cron(text).has_day(*day) is meant


def test_the_numbers_of_a_field_are_read() -> None:
    cron = read_cron("*/20 8-10 * * *")
    assert (sorted(cron.minutes), sorted(cron.hours), cron.hourly) == ([0, 20, 40], [8, 9, 10], False)
    assert read_cron("5 * * * *").hourly

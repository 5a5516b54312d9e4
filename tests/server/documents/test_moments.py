"""Moments as people write them."""

from __future__ import annotations

import pytest

from pointsman.contracts.times import iso
from pointsman.server.documents.moments import comparable, read_moment


@pytest.mark.parametrize(
    ("text", "at", "written"),
    [
        ("2026-11-22", "2026-11-22T00:00:00.000Z", "2026-11-22"),
        ("2026-11-22T09:30", "2026-11-22T09:30:00.000Z", "2026-11-22T09:30"),
        ("2026-11-22 09:30:15Z", "2026-11-22T09:30:15.000Z", "2026-11-22T09:30:15"),
        ("2026-11-22T09:30:15.25", "2026-11-22T09:30:15.250Z", "2026-11-22T09:30:15.25"),
        ("2026-02-31", "2026-03-03T00:00:00.000Z", "2026-02-31"),
    ],
)
def test_a_moment_is_read_to_the_millisecond_and_compares_as_it_stands(text: str, at: str, written: str) -> None:
    found = read_moment(text)
    assert found is not None
    assert iso(found) == at
    assert comparable(text) == written


@pytest.mark.parametrize("text", ["", "today", "2026-13-01", "2026-11-22T24:00", "2026-11-22T09", "٢026-11-22"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert read_moment(text) is None
    assert comparable(text) is None

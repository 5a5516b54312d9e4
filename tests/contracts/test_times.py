"""Moments as people and guards read them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.times import iso, milliseconds


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(1_795_338_000_007) == "2026-11-22T09:00:00.007Z"


@settings(deadline=None)
@given(st.integers(min_value=-(10**13), max_value=2 * 10**14))
def test_a_moment_reads_back_as_itself(moment: int) -> None:
    assert milliseconds(iso(moment)) == moment


def test_other_text_is_no_moment() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        milliseconds("yesterday")

"""A result is plain JSON within the bounds, or it cannot be kept (design, section 12)."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import pytest
from pydantic import BaseModel

from pointsman.contracts.bounds import JSON_DEPTH, RESULT_BYTES
from pointsman.tools.errors import UnkeepableResult
from pointsman.tools.results import ResultShape, depth_of


@dataclass
class Part:
    weight: float


class Whole(BaseModel):
    parts: list[Part]
    note: Any = None


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def circular() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def test_models_dataclasses_dates_and_decimals_become_plain_json() -> None:
    whole = Whole(parts=[Part(2.0)], note={"at": dt.date(2026, 5, 2), "price": Decimal("1.10"), 3: {4}})
    assert ResultShape(Whole).plain(whole) == {
        "parts": [{"weight": 2}],
        "note": {"at": "2026-05-02", "price": "1.10", "3": [4]},
    }


def test_a_dictionary_may_stand_for_a_model() -> None:
    assert ResultShape(Whole | None).plain({"parts": [{"weight": 1}]}) == {"parts": [{"weight": 1}], "note": None}


def test_a_text_stays_a_text() -> None:
    assert ResultShape(str).plain('{"a": 1}') == '{"a": 1}'


def test_numbers_are_as_they_will_be_after_storage() -> None:
    """`contracts.values`: 2.0 is stored as 2, so a guard sees an integer from the start."""
    assert str(ResultShape(Any).plain({"a": 2.0, "b": 2.5})) == "{'a': 2, 'b': 2.5}"


@pytest.mark.parametrize(
    ("annotation", "value", "problem"),
    [
        (Any, {"a": [math.nan]}, "NaN"),
        (float, math.inf, "NaN"),
        (Whole, Whole(parts=[], note=(-math.inf,)), "NaN"),
        (Any, {"a": Part(math.nan)}, "NaN"),
        (int, "x", "return type"),
        (Whole, Whole.model_construct(parts=cast("Any", "x")), "no JSON form"),
        (Any, object(), "no JSON form"),
        (Any, circular(), "no JSON form"),
        (Any, nested(JSON_DEPTH + 1), "deeper than 64"),
        (Any, nested(5000), "no JSON form"),
        (Any, "\ud800", "Unicode"),
        (Any, "x" * RESULT_BYTES, "longer than"),
    ],
)
def test_what_json_or_the_bounds_cannot_hold_is_refused(annotation: Any, value: object, problem: str) -> None:  # noqa: ANN401
    with pytest.raises(UnkeepableResult, match=problem):
        ResultShape(annotation).plain(value)


def test_the_deepest_and_the_longest_that_fit_are_kept() -> None:
    assert depth_of(ResultShape(Any).plain(nested(JSON_DEPTH))) == JSON_DEPTH
    assert len(cast("str", ResultShape(Any).plain("x" * (RESULT_BYTES - 2)))) == RESULT_BYTES - 2


def test_a_part_may_stand_in_several_places() -> None:
    part = ["x"]
    assert ResultShape(Any).plain({"a": part, "b": part}) == {"a": ["x"], "b": ["x"]}


def test_depth_counts_containers() -> None:
    assert [depth_of(1), depth_of([]), depth_of({"a": []}), depth_of({"a": 1})] == [0, 1, 2, 1]

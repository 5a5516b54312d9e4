"""The mathematics of the statistics, against values that are known or worked out by another way."""

from __future__ import annotations

import math
import random
from collections import Counter
from fractions import Fraction

import pytest

from pointsman.server.insights.statistics import (
    Judgement,
    Mean,
    bin_of,
    calibration,
    chi_square_tail,
    means_differ,
    quantile,
    rates_differ,
    stability_index,
    wilson,
)


def test_bins_are_tenths_with_their_lower_edges() -> None:
    assert [bin_of(number / 10) for number in range(11)] == [*range(10), 9]
    assert [bin_of(one) for one in (0.05, 0.0999, 0.29, 0.3, 0.95, 1.0)] == [0, 0, 2, 3, 9, 9]


def test_the_interval_of_a_share_is_the_known_one() -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    for successes, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = wilson(successes, of)
        assert found is not None
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    found = wilson(29, 29)
    assert found is not None
    assert (round(found.low, 4), found.high) == (0.883, 1.0)
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    ("value", "degrees", "tail"),
    [
        (3.841459, 1, 0.05),
        (6.634897, 1, 0.01),
        (9.210340, 2, 0.01),
        (11.344867, 3, 0.01),
        (13.276704, 4, 0.01),
        (16.918978, 9, 0.05),
        (21.665994, 9, 0.01),
        (0.0, 3, 1.0),
    ],
)
def test_the_chi_square_tail_is_that_of_the_tables(value: float, degrees: int, tail: float) -> None:
    assert chi_square_tail(value, degrees) == pytest.approx(tail, rel=1e-5)


def test_quantiles_are_values_that_were_seen() -> None:
    counts = [(1.0, 3), (2.0, 5), (9.0, 2)]
    assert [quantile(counts, share) for share in (0.1, 0.3, 0.31, 0.5, 0.8, 0.81, 1.0)] == [1, 1, 2, 2, 2, 9, 9]
    assert quantile([], 0.5) is None


def test_the_stability_index_is_what_its_formula_says() -> None:
    found = stability_index([0, 30, 70], [0, 60, 40])
    assert found is not None
    first, second = (30.5 / 101, 70.5 / 101), (60.5 / 101, 40.5 / 101)
    by_hand = sum((one - other) * math.log(one / other) for one, other in zip(first, second, strict=True))
    assert found[0] == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.368, abs=1e-3)
    assert found[1] == pytest.approx(math.erfc(math.sqrt(by_hand * 50 / 2)))
    assert stability_index([5, 5], [50, 50]) == pytest.approx((0.0, 1.0))
    assert stability_index([7, 0], [9, 0]) == (0.0, 1.0)
    assert stability_index([0, 0], [1, 2]) is None


def test_chance_makes_an_index_significant_as_often_as_is_said() -> None:
    """Two samples of the same distribution, 2,000 times: one in a hundred has a chance below 0.01."""
    seeded = random.Random(3)
    below = 0
    for _ in range(2_000):
        now, before = (Counter(seeded.choices(range(5), (1, 2, 3, 3, 1), k=size)) for size in (120, 400))
        found = stability_index([now[one] for one in range(5)], [before[one] for one in range(5)])
        assert found is not None
        below += found[1] < 0.01
    assert 5 <= below <= 40


def test_two_rates_are_told_apart_by_the_z_test() -> None:
    """45/100 and 30/100: pooled 0.375, standard error 0.068465, z 2.19089, two-sided 0.02846."""
    assert rates_differ(45, 100, 30, 100) == pytest.approx(0.02846, abs=1e-5)
    assert rates_differ(30, 100, 45, 100) == rates_differ(45, 100, 30, 100)
    assert rates_differ(10, 100, 100, 1000) == pytest.approx(1.0)
    assert rates_differ(0, 100, 0, 50) == rates_differ(100, 100, 50, 50) == 1.0
    assert rates_differ(1, 0, 5, 10) is None


@pytest.mark.parametrize(("first", "of_first", "second", "of_second"), [(3, 4, 1, 4), (0, 200, 8, 200), (1, 9, 11, 12)])
def test_few_are_told_apart_by_fishers_exact_test(first: int, of_first: int, second: int, of_second: int) -> None:
    """Enumerated in fractions. The lady tasting tea, 3 of 4, gives 34/70."""
    agreed = first + second

    def likely(count: int) -> Fraction:
        ways = math.comb(of_first, count) * math.comb(of_second, agreed - count)
        return Fraction(ways, math.comb(of_first + of_second, agreed))

    counts = range(max(0, agreed - of_second), min(agreed, of_first) + 1)
    exact = sum(likely(count) for count in counts if likely(count) <= likely(first))
    assert rates_differ(first, of_first, second, of_second) == pytest.approx(float(exact))
    if of_first == 4:
        assert exact == Fraction(34, 70)


def test_two_means_are_told_apart() -> None:
    first, second = Mean(), Mean()
    for value in (10.0, 12.0, 14.0):
        first = first.with_value(value)
    for value in (20.0, 22.0):
        second = second.with_value(value)
    assert (first.value, second.value) == (12.0, 21.0)
    assert [first.variance, second.variance] == pytest.approx([4 / 3, 1.0])
    assert means_differ(first, second) == pytest.approx(math.erfc(9 / math.sqrt(7 / 3) / math.sqrt(2)))
    assert means_differ(first, Mean().with_value(1)) is None
    same = Mean(2, 6.0, 18.0)
    assert (means_differ(same, same), means_differ(same, Mean(2, 8.0, 32.0))) == (1.0, 0.0)
    assert Mean().value is None


def test_calibration_is_what_it_is_by_hand() -> None:
    """Ten times 0.9, agreed 7 times; ten times 0.55, agreed 6 times; once 0.2, not agreed."""
    found = calibration(
        {
            Judgement(0.9, True): 7,
            Judgement(0.9, False): 3,
            Judgement(0.55, True): 6,
            Judgement(0.55, False): 4,
            Judgement(0.2, False): 1,
        }
    )
    assert found is not None
    assert [(one.number, one.judged, one.agreed) for one in found.bins] == [(2, 1, 0), (5, 10, 6), (9, 10, 7)]
    assert [one.confidence for one in found.bins] == pytest.approx([0.2, 0.55, 0.9])
    assert found.judged == 21
    assert found.error == pytest.approx((1 * 0.2 + 10 * 0.05 + 10 * 0.2) / 21)
    assert found.brier == pytest.approx((7 * 0.01 + 3 * 0.81 + 6 * 0.2025 + 4 * 0.3025 + 0.04) / 21)
    assert (found.stated, found.agreed) == pytest.approx(((9 + 5.5 + 0.2) / 21, 13 / 21))
    by_chance = [math.sqrt(2 * variance / math.pi) for variance in (0.16, 10 * 0.2475, 10 * 0.09)]
    assert found.by_chance == pytest.approx(sum(by_chance) / 21)


def test_the_test_of_calibration_is_the_score_test_of_moved_and_stretched_log_odds() -> None:
    """The derivatives of the log likelihood, taken by differences; the matrix of the second ones is turned round."""
    met = {(0.9, True): 7, (0.9, False): 3, (0.55, True): 6, (0.55, False): 4, (0.2, False): 1}

    def likelihood(moved: float, stretched: float) -> float:
        whole = 0.0
        for (stated, agreed), count in met.items():
            odds = moved + stretched * math.log(stated / (1 - stated))
            whole -= count * math.log1p(math.exp(-odds if agreed else odds))
        return whole

    step = 1e-4
    by_moved = (likelihood(step, 1) - likelihood(-step, 1)) / (2 * step)
    by_stretched = (likelihood(0, 1 + step) - likelihood(0, 1 - step)) / (2 * step)
    odds = {one: math.log(one / (1 - one)) for one, _ in met}
    weights = {key: count * key[0] * (1 - key[0]) for key, count in met.items()}
    first, both, second = (sum(one * odds[key[0]] ** power for key, one in weights.items()) for power in (0, 1, 2))
    determinant = first * second - both**2
    score = (second * by_moved**2 - 2 * both * by_moved * by_stretched + first * by_stretched**2) / determinant
    found = calibration({Judgement(*key): count for key, count in met.items()})
    assert found is not None
    assert found.chance == pytest.approx(math.exp(-score / 2), rel=1e-5)


def test_calibration_of_the_certain_the_undecided_and_of_nothing() -> None:
    """Two errors of ten do not go with certainty, one of a hundred does; nor do fifty agreements with an even guess."""
    sure = calibration({Judgement(1.0, True): 8, Judgement(1.0, False): 2})
    nearly = calibration({Judgement(1.0, True): 99, Judgement(1.0, False): 1})
    right = calibration({Judgement(1.0, True): 9})
    even = calibration({Judgement(0.5, True): 50})
    assert sure is not None
    assert nearly is not None
    assert right is not None
    assert even is not None
    assert (sure.error, sure.by_chance, sure.brier) == pytest.approx((0.2, 0.0, 0.2))
    assert sure.chance < 0.001
    assert nearly.chance == pytest.approx(1.0)
    assert right.error == 0.0
    assert right.chance > 0.5
    assert even.error == 0.5
    assert even.chance < 0.001
    assert calibration({}) is None


def test_who_means_what_they_say_is_seldom_said_not_to() -> None:
    """1,000 series of 200 calibrated statements: one in a hundred has a chance below 0.01."""
    seeded = random.Random(5)
    below, by_chance = 0, list[float]()
    for _ in range(1_000):
        stated = [round(seeded.uniform(0.5, 1.0), 2) for _ in range(200)]
        found = calibration(Counter(Judgement(one, seeded.random() < one) for one in stated))
        assert found is not None
        below += found.chance < 0.01
        by_chance.append(found.by_chance - found.error)
    assert 2 <= below <= 25
    assert sum(by_chance) / len(by_chance) == pytest.approx(0, abs=0.002)

"""The mathematics of the statistics. Pure; nothing of sessions is known here.

Sources: E. B. Wilson, JASA 22 (1927), for the interval of a share; D. R. Cox, Biometrika 45 (1958), for the test of
calibration; B. Yurdakul and J. Naranjo, Journal of Risk Model Validation 14 (2020), for how large a population
stability index comes by chance.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

BINS: Final = 10
"""Of confidence, equally wide: 0 to 0.1, … , 0.9 to 1. A value on an edge belongs to the upper bin, 1 to the last."""
_Z_95: Final = 1.959963984540054
_LEAST_EXPECTED: Final = 5
_SUREST: Final = 0.99
"""Who says 1 is taken to mean this, and who says 0 what is left: else one error alone would be proof."""
_NO_SPREAD: Final = 1e-9
_EDGES: Final = tuple(number / BINS for number in range(1, BINS))


class Interval(NamedTuple):
    """The bounds of an estimate."""

    low: float
    high: float


class Judgement(NamedTuple):
    """A confidence that was stated, and whether reviewers agreed."""

    confidence: float
    agreed: bool


def bin_of(confidence: float) -> int:
    """Give the number of the bin that a confidence lies in."""
    return bisect_right(_EDGES, confidence)


def wilson(successes: int, of: int) -> Interval | None:
    """Give the 95 % interval of a share; None of nothing."""
    if of == 0:
        return None
    share, square = successes / of, _Z_95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z_95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def quantile(counts: Sequence[tuple[float, int]], share: float) -> float | None:
    """Give a quantile of values that come sorted, each with how often it was seen; None where there are none.

    It is the least value that such a share of them does not exceed.
    """
    wanted = share * sum(count for _, count in counts)
    seen = 0
    for value, count in counts:
        seen += count
        if seen >= wanted:
            return value
    return None


def stability_index(now: Sequence[int], before: Sequence[int]) -> tuple[float, float] | None:
    """Give the population stability index of two histograms, and how likely chance alone makes one so large.

    Half an event is added to every bin that either has, so that an empty one does not make it infinite. None where
    either histogram is empty, or there is one bin alone.
    """
    pairs = [(one, other) for one, other in zip(now, before, strict=True) if one or other]
    first, second = sum(now), sum(before)
    if not first or not second:
        return None
    if len(pairs) == 1:
        return 0.0, 1.0
    of_first, of_second = first + len(pairs) / 2, second + len(pairs) / 2
    index = 0.0
    for one, other in pairs:
        share, usual = (one + 0.5) / of_first, (other + 0.5) / of_second
        index += (share - usual) * math.log(share / usual)
    return index, chi_square_tail(index / (1 / first + 1 / second), len(pairs) - 1)


def chi_square_tail(value: float, degrees: int) -> float:
    """Give how likely a chi-square variable with so many degrees of freedom is larger (Abramowitz and Stegun, 26.4)."""
    if value <= 0:
        return 1.0
    half = value / 2
    if degrees % 2:
        tail, term, start = math.erfc(math.sqrt(half)), math.sqrt(half / math.pi) * 2 * math.exp(-half), 3
    else:
        tail, term, start = math.exp(-half), half * math.exp(-half), 4
    for number in range(start, degrees + 1, 2):
        tail += term
        term *= value / number
    return min(1.0, tail)


def rates_differ(first: int, of_first: int, second: int, of_second: int) -> float | None:
    """Give how likely two shares differ as much by chance, where there is no difference, in either direction.

    By the two-proportion z-test; by Fisher's exact test where fewer than five are expected in a field of the table.
    None of nothing.
    """
    if not of_first or not of_second:
        return None
    pooled = (first + second) / (of_first + of_second)
    if pooled in {0.0, 1.0}:
        return 1.0
    if min(of_first, of_second) * min(pooled, 1 - pooled) < _LEAST_EXPECTED:
        return _fisher(first, of_first, second, of_second)
    error = math.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
    return _two_sided((first / of_first - second / of_second) / error)


@dataclass(frozen=True, slots=True)
class Mean:
    """How many values there were, their sum, and that of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def with_value(self, value: float) -> Mean:
        """Take one more."""
        return Mean(self.count + 1, self.total + value, self.squares + value * value)

    @property
    def value(self) -> float | None:
        """The mean; None of nothing."""
        return self.total / self.count if self.count else None

    @property
    def variance(self) -> float:
        """That of the mean itself."""
        if self.count < 2:
            return math.inf
        return max(0.0, self.squares - self.total**2 / self.count) / (self.count - 1) / self.count


NO_VALUES: Final = Mean()


def means_differ(first: Mean, second: Mean) -> float | None:
    """Give how likely two means differ as much by chance, by Welch's test with the normal distribution.

    None where either has fewer than two values.
    """
    if first.count < 2 or second.count < 2:
        return None
    difference = first.total / first.count - second.total / second.count
    variance = first.variance + second.variance
    if variance == 0:
        return 0.0 if difference else 1.0
    return _two_sided(difference / math.sqrt(variance))


class ReliabilityBin(NamedTuple):
    """A bin of stated confidence: how many were judged, the mean of what was stated, how many were agreed with."""

    number: int
    judged: int
    confidence: float
    agreed: int


class Calibration(NamedTuple):
    """What stated confidence is worth.

    `stated` is its mean and `agreed` the share that reviewers agreed with. `error` is the expected calibration error;
    `by_chance` is about how large it comes where every confidence is meant as it is stated, because so few were
    judged. `brier` is the mean square of confidence minus agreement. `chance` is how likely chance alone puts
    confidence and agreement as far apart.
    """

    judged: int
    bins: tuple[ReliabilityBin, ...]
    stated: float
    agreed: float
    error: float
    by_chance: float
    brier: float
    chance: float


def calibration(judgements: Mapping[Judgement, int]) -> Calibration | None:
    """Hold stated confidence against what reviewers said of it; None of nothing.

    Args:
        judgements: Each with how often it was met.
    """
    judged = sum(judgements.values())
    if not judged:
        return None
    bins = tuple(_reliability(judgements))
    stated = math.fsum(one.confidence * one.judged for one in bins)
    off = sum(abs(one.confidence * one.judged - one.agreed) for one in bins)
    brier = sum(count * (one.confidence - one.agreed) ** 2 for one, count in judgements.items())
    return Calibration(
        judged,
        bins,
        stated / judged,
        sum(one.agreed for one in bins) / judged,
        off / judged,
        _error_by_chance(judgements) / judged,
        brier / judged,
        _as_far_apart(judgements),
    )


def _reliability(judgements: Mapping[Judgement, int]) -> Iterable[ReliabilityBin]:
    for number in range(BINS):
        here = [(one, count) for one, count in judgements.items() if bin_of(one.confidence) == number]
        judged = sum(count for _, count in here)
        if judged:
            stated = math.fsum(one.confidence * count for one, count in here)
            yield ReliabilityBin(number, judged, stated / judged, sum(count for one, count in here if one.agreed))


def _error_by_chance(judgements: Mapping[Judgement, int]) -> float:
    """Add up the mean distances of the bins where confidence is right: each that of a normal distribution."""
    variances = [0.0] * BINS
    for one, count in judgements.items():
        variances[bin_of(one.confidence)] += count * one.confidence * (1 - one.confidence)
    return sum(math.sqrt(2 * variance / math.pi) for variance in variances)


def _as_far_apart(judgements: Mapping[Judgement, int]) -> float:
    """Test whether the log odds of agreement are those of what was stated, not moved and not stretched.

    The score test of both at once: chi-square with two degrees of freedom, or one where all stated the same.
    """
    moved = stretched = weight = weighted = squared = 0.0
    for (stated, agreed), count in judgements.items():
        share = min(max(stated, 1 - _SUREST), _SUREST)
        odds, one = math.log(share / (1 - share)), count * share * (1 - share)
        moved += count * (agreed - share)
        stretched += count * (agreed - share) * odds
        weight, weighted, squared = weight + one, weighted + one * odds, squared + one * odds * odds
    spread = squared - weighted**2 / weight
    chi_square, degrees = moved**2 / weight, 1
    if spread > _NO_SPREAD * weight:
        chi_square, degrees = chi_square + (stretched - moved * weighted / weight) ** 2 / spread, 2
    return chi_square_tail(chi_square, degrees)


def _fisher(first: int, of_first: int, second: int, of_second: int) -> float:
    """Add up the tables with the same sums that are as unlikely as this one, or less likely."""
    agreed = first + second
    least, most = max(0, agreed - of_second), min(agreed, of_first)

    def likely(count: int) -> float:
        return _log_choose(of_first, count) + _log_choose(of_second, agreed - count)

    here = likely(first)
    logs = [likely(count) for count in range(least, most + 1)]
    whole = _log_choose(of_first + of_second, agreed)
    return min(1.0, math.fsum(math.exp(one - whole) for one in logs if one <= here + 1e-7))


def _log_choose(of: int, count: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)


def _two_sided(deviation: float) -> float:
    return math.erfc(abs(deviation) / math.sqrt(2))

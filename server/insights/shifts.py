"""What has changed against a span before, and whether it is worth an alert. Pure.

A shift is an alert where it is large enough to matter, is hardly chance, and rests on enough: on either side at least
`minimum` of what is measured. Where it does not, nothing is said to have changed, and nothing to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from .alerts import Alerts, Threshold
from .pairs import PairTally
from .statistics import Mean, calibration, means_differ, rates_differ, stability_index
from .tallies import Tally

Measure: TypeAlias = Literal[
    "confidence",
    "escalation",
    "contract",
    "refusals",
    "acceptance",
    "agreement",
    "calibration",
    "latency",
    "tokens",
    "cost",
]
Direction: TypeAlias = Literal["either", "up", "down"]


class Shift(NamedTuple):
    """How a measure has changed.

    `now` and `before` are its values, of so many (`of_now`, `of_before`); None where there is nothing to measure.
    `size` is what the threshold is held against, `chance` how likely one so large is by chance. `enough` says whether
    it rests on enough to be judged.
    """

    measure: Measure
    now: float | None
    of_now: int
    before: float | None
    of_before: int
    size: float | None = None
    chance: float | None = None
    enough: bool = False
    alert: bool = False


@dataclass(frozen=True, slots=True)
class _Share:
    """A share: of what, out of what, and in which direction its shift is an alert."""

    measure: Measure
    of: Callable[[Tally], tuple[int, int]]
    direction: Direction


@dataclass(frozen=True, slots=True)
class _Amount:
    """The mean of an amount."""

    measure: Measure
    of: Callable[[Tally], Mean]


_SHARES: Final = (
    _Share("escalation", lambda one: (one.escalated, one.events), "either"),
    _Share("contract", lambda one: (one.contract, one.events + one.contract), "up"),
    _Share("refusals", lambda one: (one.refusals, one.events + one.refusals), "up"),
    _Share("acceptance", lambda one: (one.labels["accepted"], one.judged), "down"),
)
_AMOUNTS: Final = (
    _Amount("latency", lambda one: one.latency.mean),
    _Amount("tokens", lambda one: one.token_sizes.mean),
    _Amount("cost", lambda one: one.cost),
)


def shifts(now: Tally, before: Tally, alerts: Alerts) -> Iterator[Shift]:
    """Compare the tallies of a group, measure by measure."""
    yield _judged(_confidence(now, before), alerts, "up")
    for share in _SHARES:
        shift = _of_shares(share.measure, share.of(now), share.of(before))
        yield _judged(shift, alerts, share.direction)
    yield _judged(_calibration(now, before), alerts, "up", alone=True)
    for amount in _AMOUNTS:
        yield _judged(_of_amount(amount, now, before), alerts, "up")


def pair_shift(now: PairTally, before: PairTally, alerts: Alerts) -> Shift:
    """Compare how often two readings agree."""
    shift = _of_shares("agreement", (now.agreed, now.pairs), (before.agreed, before.pairs))
    return _judged(shift, alerts, "down")


def _confidence(now: Tally, before: Tally) -> Shift:
    index = stability_index(now.bins, before.bins)
    size, chance = (None, None) if index is None else index
    return Shift("confidence", *_mean_of(now), *_mean_of(before), size, chance)


def _mean_of(tally: Tally) -> tuple[float | None, int]:
    of = sum(tally.confidences.values())
    return (sum(one * count for one, count in tally.confidences.items()) / of if of else None), of


def _of_shares(measure: Measure, now: tuple[int, int], before: tuple[int, int]) -> Shift:
    (first, of_first), (second, of_second) = now, before
    rate = first / of_first if of_first else None
    usual = second / of_second if of_second else None
    size = None if rate is None or usual is None else rate - usual
    return Shift(measure, rate, of_first, usual, of_second, size, rates_differ(first, of_first, second, of_second))


def _calibration(now: Tally, before: Tally) -> Shift:
    found, usual = calibration(now.judgements), calibration(before.judgements)
    error, chance = (None, None) if found is None else (found.error, found.chance)
    of_now = 0 if found is None else found.judged
    then, of_before = (None, 0) if usual is None else (usual.error, usual.judged)
    return Shift("calibration", error, of_now, then, of_before, error, chance)


def _of_amount(amount: _Amount, now: Tally, before: Tally) -> Shift:
    first, second = amount.of(now), amount.of(before)
    ratio = first.value / second.value if first.value is not None and second.value else None
    return Shift(
        amount.measure, first.value, first.count, second.value, second.count, ratio, means_differ(first, second)
    )


def _judged(shift: Shift, alerts: Alerts, direction: Direction, *, alone: bool = False) -> Shift:
    """Say whether a shift is an alert; of what is measured `alone`, without what was before."""
    enough = shift.of_now >= alerts.minimum and (alone or shift.of_before >= alerts.minimum)
    threshold: Threshold = getattr(alerts, shift.measure)
    if not enough or threshold == "off" or shift.size is None or shift.chance is None:
        return shift._replace(enough=enough)
    size = {"up": shift.size, "down": -shift.size, "either": abs(shift.size)}[direction]
    return shift._replace(enough=True, alert=size >= threshold and shift.chance < alerts.chance)

"""Alerts in plain sentences."""

from __future__ import annotations

from typing import Final

from .pairs import ReadTwice
from .shifts import Measure, Shift
from .tallies import Group

_SHARES: Final[dict[Measure, str]] = {
    "escalation": "{now} of the events are sent to a person by a floor or a second reading, {before} before",
    "contract": "{now} of the events that are tried break their contract, {before} before",
    "refusals": "{now} of what is asked is refused, {before} before",
    "acceptance": "reviewers take {now} unchanged, {before} before",
    "agreement": "two readings agree in {now}, {before} before",
}
_AMOUNTS: Final[dict[Measure, str]] = {
    "latency": "an answer takes {now:,.0f} ms on average, {before:,.0f} ms before",
    "tokens": "an answer takes {now:,.0f} tokens on average, {before:,.0f} before",
    "cost": "an answer costs {now:.4f} USD on average, {before:.4f} USD before",
}
_LEAST_CHANCE: Final = 0.001


def name_of(group: Group | ReadTwice) -> str:
    """Name a group in words."""
    version = "" if group.version is None else f" {group.version}"
    who = group.model or group.client if isinstance(group, Group) else None
    return f"{group.workflow}{version}, {group.state}" + ("" if who is None else f", {who}")


def sentence(group: Group | ReadTwice, shift: Shift) -> str:
    """Say what has changed, out of how many, and how likely that is by chance."""
    return f"{name_of(group)}: {_what(shift)} ({_counts(shift)}; {_chance(shift.chance)})."


def _what(shift: Shift) -> str:
    now, before = shift.now or 0.0, shift.before or 0.0
    if shift.measure in _SHARES:
        return _SHARES[shift.measure].format(now=percent(now), before=percent(before))
    if shift.measure in _AMOUNTS:
        return _AMOUNTS[shift.measure].format(now=now, before=before)
    if shift.measure == "calibration":
        return f"stated confidence and how often reviewers agree differ by {now:.2f} on average"
    return (
        f"confidence is spread otherwise than before: {now:.2f} on average, {before:.2f} before, "
        f"stability index {shift.size or 0.0:.2f}"
    )


def _counts(shift: Shift) -> str:
    if shift.measure == "calibration":
        return f"of {shift.of_now:,} judged"
    return f"of {shift.of_now:,} and {shift.of_before:,}"


def _chance(chance: float | None) -> str:
    if chance is None or chance < _LEAST_CHANCE:
        return "by chance in less than 1 of 1,000 cases"
    return f"by chance in {chance * 1000:.0f} of 1,000 cases"


def percent(share: float) -> str:
    """Write a share as people read it: with a decimal near nothing and near all, which only 0 and 1 are."""
    if 0 < share < _LEAST_SHARE:
        return "<0.1 %"
    if _MOST_SHARE < share < 1:
        return ">99.9 %"
    near = 0 < share < _FEW or _NEARLY_ALL < share < 1
    return f"{share * 100:.1f} %" if near else f"{share * 100:.0f} %"


_LEAST_SHARE: Final = 0.001
_MOST_SHARE: Final = 0.999
_FEW: Final = 0.1
_NEARLY_ALL: Final = 0.995

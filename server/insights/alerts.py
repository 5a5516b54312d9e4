"""From where on a shift is an alert, as people set it: in `pointsman.toml`, and for one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

Threshold: TypeAlias = float | Literal["off"]


class NoThreshold(ValueError):
    """Something is no threshold of an alert; the message says what is."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """The thresholds: `[stats.alerts]` of `pointsman.toml`. `off` is never reached.

    `minimum` is how much a shift must rest on, `chance` how likely it may be by chance. `confidence` is a population
    stability index; `escalation`, `contract`, `refusals`, `acceptance`, and `agreement` of two readings are differences
    of shares; `calibration` is an expected calibration error; `latency`, `tokens` and `cost` are how many times the
    mean is what it was.

    Raises:
        NoThreshold: for a value that cannot be meant.
    """

    minimum: int = 50
    chance: float = 0.01
    confidence: Threshold = 0.2
    escalation: Threshold = 0.05
    contract: Threshold = 0.05
    refusals: Threshold = 0.1
    acceptance: Threshold = 0.05
    agreement: Threshold = 0.05
    calibration: Threshold = 0.1
    latency: Threshold = 1.5
    tokens: Threshold = 1.5
    cost: Threshold = 1.5

    def __post_init__(self) -> None:
        if self.minimum < _LEAST:
            raise NoThreshold(f"minimum: write a whole number, {_LEAST} at least")
        if not 0 < self.chance < 1:
            raise NoThreshold("chance: write a number between 0 and 1")
        for name, value in asdict(self).items():
            if value != "off" and not 0 < value < _MOST:
                raise NoThreshold(f"{name}: write a number above 0, or off")


@dataclass(frozen=True, slots=True)
class StatsTable:
    """`[stats]` of `pointsman.toml`."""

    alerts: Alerts = field(default_factory=Alerts)


def with_thresholds(alerts: Alerts, said: Mapping[str, str]) -> Alerts:
    """Replace thresholds by what was said of them: a number, or `off`.

    Raises:
        NoThreshold: there is none of this name, or this is no value of it.
    """
    values: dict[str, Any] = asdict(alerts)
    for name, text in said.items():
        if name not in values:
            raise NoThreshold(f"{name!r} is no threshold. Those are: {', '.join(values)}")
        values[name] = _value(name, text)
    return Alerts(**values)


def _value(name: str, text: str) -> float | str:
    if text == "off" and name not in _NUMBERS:
        return text
    try:
        return int(text) if name == "minimum" else float(text)
    except ValueError:
        raise NoThreshold(f"{name}: {text!r} is no number") from None


_NUMBERS: Final = frozenset({"minimum", "chance"})
_LEAST: Final = 2
_MOST: Final = 1e6

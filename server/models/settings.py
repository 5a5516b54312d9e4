"""What models cost here: `[models.prices."NAME"]` of `pointsman.toml`, in US dollars for a million tokens.

Kept free of imports that are not needed to read it: every command reads the settings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final

from pointsman.contracts.errors import PointsmanError

_HIGHEST_USD: Final = 1_000_000.0
_PRICES_AT_MOST: Final = 1_000


class UnfitPrices(PointsmanError):
    """The prices of models cannot be meant: compare `[models.prices]` with docs/models.md."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """One price as it is written."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    input: float
    output: float
    cache_read: float
    cache_write: float


@dataclass(frozen=True, slots=True)
class ModelsTable:
    """`[models]` as it is written."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid"}

    prices: dict[str, PriceTable] = field(default_factory=dict[str, PriceTable])


def judge_prices(table: ModelsTable) -> None:
    """See whether what `[models]` says can be meant.

    Raises:
        UnfitPrices: it cannot.
    """
    if len(table.prices) > _PRICES_AT_MOST:
        raise UnfitPrices(f"models.prices: give {_PRICES_AT_MOST} prices at most")
    for name, price in table.prices.items():
        for kind in fields(price):
            value = getattr(price, kind.name)
            if not (math.isfinite(value) and 0 <= value <= _HIGHEST_USD):
                where = f'models.prices."{name}".{kind.name}'
                raise UnfitPrices(f"{where}: write US dollars for a million tokens, 0 to {_HIGHEST_USD:.0f}")

"""What models cost: a table of list prices, which `[models.prices."NAME"]` of `pointsman.toml` replaces or adds to.

Prices are US dollars for a million tokens. They are those of the Messages API itself, without batches, priority or
another cloud's additions, and with what is kept for five minutes. A model that is not in the table has no price, and
what it costs is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from pointsman.fsm.model_turns import Tokens

from .port import Prices

AS_OF: Final = "2026-11-10"
"""The day whose prices these are, by platform.claude.com/docs/en/about-claude/pricing and each model's overview there.

That Mythos 5.2 costs what Fable 5.2 costs is said by docs.apiyi.com/news/claude-fable-5-2-launch.md, as the page itself
says it of 5 and 5.1. For `claude-mythos-preview` no price of the Messages API was found.
"""
_MILLION: Final = 1_000_000
USD_DIGITS: Final = 10
"""Of a cost in US dollars, finer than any price of a token: what comes after them is how numbers are kept."""
_DATED: Final = re.compile(r"-\d{8}\Z", re.ASCII)
"""How the name of a model ends that is fixed to a day."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of each kind."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def cost_usd(self, tokens: Tokens) -> float:
        """Give what these tokens cost, in US dollars."""
        cost = (
            tokens.input * self.input
            + tokens.output * self.output
            + tokens.cache_read * self.cache_read
            + tokens.cache_written * self.cache_write
        ) / _MILLION
        return round(cost, USD_DIGITS)


LIST_PRICES: Final[Mapping[str, Price]] = {
    "claude-fable-5-2": Price(8.0, 40.0, 0.2, 10.0),
    "claude-fable-5-1": Price(10.0, 50.0, 0.25, 12.5),
    "claude-fable-5": Price(10.0, 50.0, 1.0, 12.5),
    "claude-mythos-5-2": Price(8.0, 40.0, 0.2, 10.0),
    "claude-mythos-5-1": Price(10.0, 50.0, 0.25, 12.5),
    "claude-mythos-5": Price(10.0, 50.0, 1.0, 12.5),
    "claude-opus-5-5": Price(4.0, 20.0, 0.2, 5.0),
    "claude-opus-5": Price(5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-8": Price(5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-7": Price(5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-6": Price(5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-5": Price(5.0, 25.0, 0.5, 6.25),
    "claude-sonnet-5-5": Price(2.0, 10.0, 0.1, 2.5),
    "claude-sonnet-5": Price(2.0, 10.0, 0.2, 2.5),
    "claude-sonnet-4-6": Price(3.0, 15.0, 0.3, 3.75),
    "claude-sonnet-4-5": Price(3.0, 15.0, 0.3, 3.75),
    "claude-haiku-4-5": Price(1.0, 5.0, 0.1, 1.25),
}
_LONG: Final[Mapping[str, tuple[int, Price, Price]]] = {
    "claude-haiku-5-5": (100_000, Price(0.1, 0.5, 0.01, 0.125), Price(0.5, 2.5, 0.05, 0.625)),
}
"""Models whose price depends on how many tokens are read: up to which number the first price counts."""


class ListPrices(Prices):
    """The list prices, and those of the settings instead."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = dict(own or {})

    @override
    def cost_usd(self, model: str, tokens: Tokens) -> float | None:
        """Give the cost of an answer in US dollars; None where no price is known.

        A price counts for the model of its very name, and for that model as of a day (`claude-opus-4-5-20251101`).
        """
        for name in (model, _DATED.sub("", model)):
            price = self._own.get(name) or _list_price(name, tokens)
            if price is not None:
                return price.cost_usd(tokens)
        return None

    @override
    def names(self) -> tuple[str, ...]:
        """Name the models whose prices are known, without those that are fixed to a day."""
        return tuple(sorted({*LIST_PRICES, *_LONG, *self._own}))


def _list_price(name: str, tokens: Tokens) -> Price | None:
    if name in _LONG:
        limit, short, long = _LONG[name]
        return short if tokens.input + tokens.cache_read + tokens.cache_written <= limit else long
    return LIST_PRICES.get(name)

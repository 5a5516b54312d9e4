"""What models cost, by the table of this version and what `pointsman.toml` says."""

from __future__ import annotations

from pathlib import Path

from pointsman.tools.models.port import Prices
from pointsman.tools.models.prices import ListPrices, Price

from .settings import file_settings


def prices() -> Prices:
    """Give the prices that are in force for this command."""
    table = file_settings(Path.cwd()).models
    own = {} if table is None else table.prices
    return ListPrices(
        {name: Price(one.input, one.output, one.cache_read, one.cache_write) for name, one in own.items()}
    )

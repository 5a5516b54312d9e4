"""Access to models, as this process has it: the key in its environment or the system's keyring, and the prices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.key import find_key
from pointsman.tools.models.prices import ModelsTable, PriceTable, own_prices

from .driver import Access


@asynccontextmanager
async def opened_access(environment: Mapping[str, str], table: ModelsTable | None) -> AsyncGenerator[Access | None]:
    """Give access to models, with the prices that the settings say; None where there is no key.

    Raises:
        UnfitPrices: when the prices cannot be meant.
    """
    prices = PriceTable() if table is None else own_prices(table)
    if await asyncio.to_thread(find_key, environment) is None:
        yield None
        return
    async with AnthropicModels(environment) as models:
        yield Access(models, prices)

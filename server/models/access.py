"""Access to models, as this process has it: the key in its environment or the system's keyring, and the prices."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.key import find_key
from pointsman.tools.models.port import Prices

from .driver import Access


@asynccontextmanager
async def opened_access(environment: Mapping[str, str], prices: Prices) -> AsyncGenerator[Access]:
    """Give access to models. Nothing is looked for before a model is to be asked: a keyring may have to be unlocked."""
    async with AnthropicModels(environment) as models:
        yield Access(models, prices, lambda: find_key(environment) is not None)

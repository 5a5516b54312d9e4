"""Access to models, as this process has it: the key in its environment or the system's keyring, and the prices."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.key import NAME, taken_out
from pointsman.tools.models.port import Prices
from pointsman.tools.models.way import find_way

from ..hardening import close_to_other_programs
from .driver import Access


@asynccontextmanager
async def opened_access(environment: Mapping[str, str], prices: Prices) -> AsyncGenerator[Access]:
    """Give access to models. Nothing is looked for before a model is to be asked: a keyring may have to be unlocked."""
    async with AnthropicModels(environment) as models:

        def check() -> None:
            find_way(environment)

        yield Access(models, prices, check)


@asynccontextmanager
async def access_of_this_process(prices: Prices) -> AsyncGenerator[Access]:
    """Give access by the key that this process was started with or finds, and keep that key in this process.

    What the process starts from now on does not inherit it, and other programs of its user cannot look into it. Open it
    before anything else is started.
    """
    if os.environ.get(NAME):
        close_to_other_programs()
    async with opened_access(taken_out(os.environ), prices) as access:

        def check() -> None:
            access.check()
            close_to_other_programs()  # the key may have come from the keyring

        yield replace(access, check=check)

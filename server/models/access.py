"""Access to models, as this process has it: the key in its environment or the system's keyring, and the prices."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.port import Prices
from pointsman.tools.models.way import find_way

from ..hardening import close_to_other_programs
from .driver import Access


@asynccontextmanager
async def opened_access(
    environment: Mapping[str, str], prices: Prices, before_key: Callable[[], object] = lambda: None
) -> AsyncGenerator[Access]:
    """Give access to models. Nothing is looked for before a model is to be asked: a keyring may have to be unlocked.

    `before_key` is called before the key is looked for, whenever that is.
    """

    def check() -> None:
        before_key()
        find_way(environment)

    async with AnthropicModels(environment, before_key=before_key) as models:
        yield Access(models, prices, check)


def access_of_this_process(environment: Mapping[str, str], prices: Prices) -> AbstractAsyncContextManager[Access]:
    """Give access by the key in this environment, or else in the keyring.

    Before the key is looked for, this process is closed to other programs of its user.
    """
    return opened_access(environment, prices, cache(close_to_other_programs))

"""A shop that takes its time."""

from __future__ import annotations

import asyncio
import os


async def order(item: str, amount: float) -> str:
    """Order an item, once."""
    await asyncio.sleep(float(os.environ.get("SHOP_TAKES_S", "0")))
    return f"{item} for {amount:g}"

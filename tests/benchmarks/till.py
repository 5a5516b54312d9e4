"""The tools of `lists.yaml`: they do nothing, break, or never end."""

import asyncio


async def look(what: str) -> dict[str, object]:
    """Look something up."""
    return {"what": what, "found": True, "balance": 1250.5}


async def book(entry: str) -> dict[str, object]:
    """Write an entry."""
    if entry == "broken":
        raise ConnectionResetError
    if entry == "endless":
        await asyncio.Event().wait()
    return {"entry": entry}


async def pay(entry: str) -> dict[str, object]:
    """Pay."""
    return {"paid": entry}

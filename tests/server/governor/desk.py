"""A source whose calls a test can hold back and count."""

import asyncio

from pointsman.tools import NothingDone, ToolError

gates: dict[str, asyncio.Event] = {}
calls: list[str] = []


async def _pass(name: str) -> None:
    calls.append(name)
    gate = gates.get(name)
    if gate is not None:
        await gate.wait()


async def look(what: str) -> dict[str, object]:
    """Look at something."""
    await _pass("look")
    if what == "gone":
        raise ToolError("There is nothing to look at.")
    return {"what": what}


async def send(text: str) -> dict[str, object]:
    """Send a letter."""
    await _pass("send")
    if text == "nothing":
        raise NothingDone("The letter has no address.")
    if text == "broken":
        raise ConnectionResetError
    return {"sent": text}


async def fetch(what: str) -> dict[str, object]:
    """Fetch something."""
    await _pass("fetch")
    return {"fetched": what}

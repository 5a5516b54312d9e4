"""A source whose arguments and results are secret, and that ends its calls in every way."""

import asyncio

from pointsman.tools import NothingDone, ToolError

gates: dict[str, asyncio.Event] = {}


async def _answer(secret: str, how: str) -> dict[str, object]:
    gate = gates.get(how)
    if gate is not None:
        await gate.wait()
    match how:
        case "nothing":
            raise NothingDone(f"{secret} opens nothing.")
        case "error":
            raise ToolError(f"{secret} does not work.")
        case "broken":
            raise RuntimeError(secret)
        case "slow":
            await asyncio.Event().wait()
        case _:
            pass
    return {"ok": how != "no", "secret": secret, "all": [{"secret": secret}]}


async def peek(secret: str, how: str = "") -> dict[str, object]:
    """Look what a secret opens."""
    return await _answer(secret, how)


async def put(secret: str, how: str = "") -> dict[str, object]:
    """Put a secret away."""
    return await _answer(secret, how)

"""A source that writes payments into a file, and whose writes a test can hold back or break."""

import asyncio
from pathlib import Path

from pointsman.tools import ToolError

BOOK = Path(__file__).with_name("book.txt")
gates: dict[str, asyncio.Event] = {}
"""What holds a moment of a payment back: `before` it is written, and `after`."""
broken: list[str] = []
calls: list[str] = []


async def _moment(when: str) -> None:
    calls.append(when)
    if when in broken:
        broken.remove(when)
        raise ToolError(f"It broke {when}.")
    if when in gates:
        await gates[when].wait()


def _lines() -> list[str]:
    return BOOK.read_text().splitlines() if BOOK.exists() else []


async def _write(line: str) -> dict[str, object]:
    await _moment("before")
    with BOOK.open("a") as book:
        book.write(f"{line}\n")
    await _moment("after")
    return {"found": True, "line": line}


async def find(invoice: str) -> dict[str, object]:
    """Look for the payment of an invoice."""
    lines = [line for line in _lines() if line.startswith(f"{invoice} ")]
    return {"found": bool(lines), "line": lines[0] if lines else ""}


async def pay(invoice: str, amount: int, key: str) -> dict[str, object]:
    """Pay an invoice, once for each key."""
    await _moment("asked")
    known = [line for line in _lines() if line.endswith(f" {key}")]
    return {"found": True, "line": known[0]} if known else await _write(f"{invoice} {amount} {key}")


async def wire(invoice: str, amount: int) -> dict[str, object]:
    """Pay an invoice, as often as it is asked."""
    return await _write(f"{invoice} {amount}")


async def hand(invoice: str, amount: int) -> dict[str, object]:
    """Pay an invoice in cash, which nobody can look for."""
    return await _write(f"{invoice} {amount}")

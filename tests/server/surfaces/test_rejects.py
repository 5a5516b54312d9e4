"""Messages that could not be read are recorded beside the conversation, and never end it."""

from __future__ import annotations

from pointsman.fsm.refusals import Code
from pointsman.server.errors import StoreBusy
from pointsman.server.surfaces.rejects import Rejects


async def test_what_came_before_there_was_anybody_to_record_it_is_recorded_too() -> None:
    recorded: list[str] = []

    async def record(code: Code, message: str) -> None:
        recorded.append(f"{code} {message}")

    rejects = Rejects()
    rejects.on_reject("MALFORMED", "first")
    rejects.open(record)
    rejects.on_reject("TOO_LARGE", "second")
    await rejects.recorded()
    assert recorded == ["MALFORMED first", "TOO_LARGE second"]


async def test_what_cannot_be_recorded_keeps_nothing_else_from_it() -> None:
    recorded: list[str] = []

    async def record(_code: Code, message: str) -> None:
        if message == "first":
            raise StoreBusy
        recorded.append(message)

    rejects = Rejects()
    rejects.open(record)
    rejects.on_reject("MALFORMED", "first")
    rejects.on_reject("MALFORMED", "second")
    await rejects.recorded()
    assert recorded == ["second"]

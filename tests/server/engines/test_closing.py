from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.fsm.decision import Decision
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.engines.writer import Outcome
from pointsman.server.errors import EngineClosed
from tests.server.tale import note, opened, start, tale


async def test_a_closed_engine_refuses_commands_and_closes_twice(path: Path) -> None:
    async with opened(path) as engine:
        pass
    await engine.aclose()
    with pytest.raises(EngineClosed):
        await engine.submit("s1", note(1))


async def test_closing_finishes_what_is_queued(path: Path) -> None:
    workflow = tale()
    engine = await EmbeddedEngine.open(path, {workflow.digest: workflow}.get, instance="here")
    await engine.submit("s1", start("s1", workflow))
    queued = [asyncio.ensure_future(engine.submit("s1", note(number))) for number in range(20)]
    await asyncio.sleep(0)
    await engine.aclose()
    assert all(isinstance(each, Decision) for each in await asyncio.gather(*queued))


def test_an_engine_whose_loop_is_gone_tells_nobody_and_ends(path: Path) -> None:
    async def leave() -> EmbeddedEngine:
        return await EmbeddedEngine.open(path, lambda _digest: None, instance="here")

    loop = asyncio.new_event_loop()
    engine = loop.run_until_complete(leave())
    loop.close()
    engine._tell(Outcome())  # pyright: ignore[reportPrivateUsage] -- what `aclose` can no longer do
    engine._writer.stop()  # pyright: ignore[reportPrivateUsage] -- what `aclose` can no longer do
    engine._glance.close()  # pyright: ignore[reportPrivateUsage] -- what `aclose` can no longer do
    assert not engine._writer._thread.is_alive()  # pyright: ignore[reportPrivateUsage] -- the same

"""Names made from what they name."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.values import Json
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.identity import new_handle
from pointsman.server.triggers.handles import Handles, derived_handle

KEY = bytes(32)


def test_a_derived_handle_looks_like_a_random_one() -> None:
    form = re.compile(r"[a-z2-7]{26}\Z")
    for handle in (derived_handle(KEY, "webhook", "a"), new_handle()):
        assert form.match(handle)
        assert IDENTIFIER.match(handle)


def test_what_differs_anywhere_has_another_handle() -> None:
    """Parts are not run together: `ab`, `c` is not `a`, `bc`."""
    named: list[tuple[Json, ...]] = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("a", "b", "c"),
        ("a", None),
        ("a", "null"),
        ("a", 1),
        ("a", "1"),
        ("a", [1]),
    ]
    assert len({derived_handle(KEY, *parts) for parts in named}) == len(named)
    assert derived_handle(KEY, "a", {"x": 1, "y": 2}) == derived_handle(KEY, "a", {"y": 2, "x": 1})
    assert derived_handle(bytes([1]) * 32, "a") != derived_handle(KEY, "a")


async def test_every_process_of_a_database_gives_the_same_handle_and_another_database_gives_others(
    tmp_path: Path,
) -> None:
    async def opened(database: str, instance: str) -> EmbeddedEngine:
        return await EmbeddedEngine.open(tmp_path / database, lambda _digest: None, instance=instance)

    engines = [await opened("one.db", "a"), await opened("one.db", "b"), await opened("two.db", "c")]
    try:
        first, second, other = await asyncio.gather(*(Handles(engine).of("webhook", "x") for engine in engines))
        again = await Handles(engines[0]).of("webhook", "x")
    finally:
        for engine in engines:
            await engine.aclose()
    assert first == second == again != other

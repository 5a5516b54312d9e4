"""A database in which several sessions work, write, wait for a person, and have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pointsman.fsm.commands import Cancel
from pointsman.fsm.session import Actor
from pointsman.server.store.opening import reading
from tests.server.tale import ADA, MALLORY, T0, command, note, opened, send, start, tale, write

WORKING = ("working", "writing", "later", "asking", "waiting", "over")


async def play(path: Path) -> None:
    """Ada works, writes twice and asks; Mallory asks; one of Ada's sessions is over. One call belongs to no session."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        for name, who in zip(WORKING, (ADA, ADA, MALLORY, ADA, MALLORY, ADA), strict=True):
            await engine.submit(name, start(name, workflow, actor=who))
        await engine.submit("writing", write())
        await engine.submit("later", command(write().request, MALLORY))
        await engine.submit("asking", send("ask"))
        await engine.submit("waiting", command(send("ask").request, MALLORY))
        await engine.submit("over", command(Cancel("enough"), Actor("human", "ada")))
        await engine.submit("working", note(1))
        await engine.submit("nobody", note(1))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path = tmp_path_factory.mktemp("documents") / "p.sqlite3"
    asyncio.run(play(path))
    with reading(path).connect() as opened_connection, opened_connection.begin():
        yield opened_connection


NOW = T0 + 3_600_000

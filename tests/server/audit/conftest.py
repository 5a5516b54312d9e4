"""A database with histories of every kind of fact, and a hand that changes it from outside."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pointsman.fsm.commands import Cancel, Expire, Settle
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import Actor
from pointsman.server.audit.verify import ChainReport, verify, verify_and_replay
from pointsman.server.store.opening import reading
from tests.server.tale import SERVER, command, note, opened, send, start, tale, write


async def play(path: Path) -> None:
    """Play `a` (8 rows), `b` (ended by a timer), `c` (cancelled), and two calls that belong to no session."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        for name in ("a", "b", "c"):
            await engine.submit(name, start(name, workflow, {"n": 1}))
        await engine.submit("a", note(2, "zwei — 二"))
        await engine.submit("a", send("unheard"))
        opens = (await engine.submit("a", write())).session
        assert opens is not None
        (call,) = opens.stay.open
        await engine.submit("a", command(Settle(call, CallResult("done", {"share": 0.25}, None, 2, 7)), SERVER))
        await engine.submit("a", send("unheard"))
        rests = (await engine.submit("b", send("rest"))).session
        assert rests is not None
        ((timer, due),) = rests.stay.timers.items()
        await engine.submit("b", command(Expire(timer), SERVER, at=due.at))
        await engine.submit("c", command(Cancel("enough"), Actor("human", "ada")))
        await engine.submit("nobody", note(1))
        await engine.submit("nobody", send("ask"))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "p.sqlite3"
    asyncio.run(play(path))
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path))


@pytest.fixture
def hand(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who has the file and drops the triggers first."""
    connection = sqlite3.connect(path, isolation_level=None)
    for trigger in ("audit_no_update", "audit_no_delete", "audit_next"):
        connection.execute(f"DROP TRIGGER {trigger}")
    yield connection
    connection.close()


Look = Callable[[], dict[str, ChainReport]]


@pytest.fixture
def look(path: Path) -> Look:
    """Verify everything, without and with replay, which must agree where both can see; give the latter."""

    def verified() -> dict[str, ChainReport]:
        with reading(path).connect() as connection, connection.begin():
            plain = {report.chain: report for report in verify(connection)}
        with reading(path).connect() as connection, connection.begin():
            replayed = {report.chain: report for report in verify_and_replay(connection)}
        assert plain.keys() == replayed.keys()
        assert all(replayed[chain].fault == report.fault for chain, report in plain.items() if not report.ok)
        return replayed

    return verified

"""What an agent, a neighbour or a tool may try against the governor, and what must hold all the same."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from pointsman.fsm.commands import TakeOver
from pointsman.server.application import Application
from pointsman.server.errors import StoreUnreadable
from tests.server.governor.desks import AGENT, Desk, acted, started


async def test_reads_in_flight_count_towards_the_limit_of_their_tool(desk: Desk) -> None:
    """Format: `limit` of a tool in a state. Calls at the same time do not go over it."""
    file = desk.place / "desk.yaml"
    text = file.read_text()
    file.write_text(text.replace("=record.subject}, save: looked}", "=record.subject}, save: looked, limit: 2}", 1))
    assert "limit: 2" in file.read_text()
    async with desk.open() as application:
        session = (await started(application)).session
        gate = desk.hold("look")
        looks = [asyncio.create_task(acted(application, session, "desk.look")) for _ in range(3)]
        await desk.called(2)
        await asyncio.wait(looks, return_when=asyncio.FIRST_COMPLETED)
        gate.set()
        replies = await asyncio.gather(*looks)
    codes = [reply.refusal.code for reply in replies if reply.refusal is not None]
    assert codes == ["LIMIT_REACHED"]
    assert desk.module.calls.count("look") == 2


async def test_who_ran_a_write_that_was_taken_over_settles_it_all_the_same(
    application: Application, desk: Desk
) -> None:
    """Design, section 6: a process stood still longer than its lease. The session has moved, and the ledger knows."""
    session = (await started(application)).session
    gate = desk.hold("send")
    call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
    await desk.called()
    current = await application.engine.read(session)
    assert current is not None
    [opened] = current.stay.open.values()
    await application.governor.submit_and_follow(current, TakeOver(opened.id, opened.instance), "takeover:1")
    gate.set()
    reply = await call
    assert (reply.outcome, reply.state) == ("done", "in_doubt")
    known = await application.engine.read(session)
    assert known is not None
    assert [effect.status for effect in known.effects.values()] == ["done"]


async def test_a_tool_that_raises_a_keyboard_interrupt_does_not_end_the_server(desk: Desk) -> None:
    file = desk.place / "desk.py"
    file.write_text(file.read_text().replace("raise ConnectionResetError", "raise KeyboardInterrupt"))
    async with desk.open() as application:
        session = (await started(application)).session
        reply = await acted(application, session, "desk.send", {"text": "broken"})
    assert (reply.outcome, reply.state) == ("unknown", "in_doubt")


async def test_a_stored_workflow_that_was_changed_is_not_obeyed(desk: Desk) -> None:
    """Faults, 24: the digest a session was started with is what it is held to."""
    async with desk.open() as application:
        session = (await started(application)).session
    database = sqlite3.connect(desk.place / "sessions.db")
    database.execute("UPDATE definitions SET text = replace(text, 'Do not send it.', 'Send it.')")
    database.commit()
    database.close()
    file = desk.place / "desk.yaml"
    file.write_text(file.read_text().replace("version: 1", "version: 2"))
    async with desk.open() as application:
        with pytest.raises(StoreUnreadable, match="is not the one that has the digest"):
            await application.governor.status(AGENT, session)
        assert (await started(application)).state == "writing"

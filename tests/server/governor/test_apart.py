"""What goes wrong in one session or one call stays there, and is told."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from pointsman.fsm.commands import Command, Decide, Settle
from pointsman.fsm.decision import Decision
from pointsman.fsm.session import Session
from pointsman.server.application import Application
from pointsman.server.errors import StoreUnreadable
from tests.server.governor.desks import CHIEF, Desk, acted, started
from tests.server.governor.test_processes import DAY_MS, under_review, until


async def test_a_session_that_cannot_be_read_does_not_keep_the_timers_of_others_from_firing(desk: Desk) -> None:
    async with desk.open(caretaking=False) as application:
        damaged = (await started(application)).session
        other = (await started(application)).session
    with sqlite3.connect(desk.place / "sessions.db") as database:
        database.execute("UPDATE sessions SET snapshot = '{}' WHERE id = ?", (damaged,))
    database.close()
    desk.clock.advance(DAY_MS)
    async with desk.open(caretaking=False) as application:
        await application.caretaker.fire_due()
        current = await application.engine.read(other)
        with pytest.raises(StoreUnreadable):
            await application.engine.read(damaged)
    assert current is not None
    assert current.state == "dropped"


async def test_a_write_whose_outcome_could_not_be_told_is_not_made_again(
    application: Application, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design, section 6: a write is never blindly retried. It stays open, until another process takes it over."""

    async def fail(_session: Session, _settle: Settle, _command: str) -> Decision:
        raise RuntimeError

    performer = application.governor.performer
    monkeypatch.setattr(performer, "_report", fail)
    session = (await started(application)).session
    with pytest.raises(RuntimeError):
        await acted(application, session, "desk.send", {"text": "hello"})
    await acted(application, session, "desk.look")
    assert performer.tasks() == []
    assert desk.module.calls == ["send", "look"]


async def test_an_outcome_that_cannot_be_stored_does_not_keep_the_server_from_ending(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_session: Session, _settle: Settle, _command: str) -> Decision:
        raise StoreUnreadable

    monkeypatch.setattr("pointsman.server.performer._AGAIN_S", (0.0, 0.0))
    async with asyncio.timeout(20):
        async with desk.open() as application:
            monkeypatch.setattr(application.governor.performer, "_report", fail)
            session = (await started(application)).session
            call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
            await desk.called()
        with pytest.raises(StoreUnreadable):
            await call


async def test_an_agent_is_told_that_the_result_of_its_write_was_not_saved(desk: Desk) -> None:
    """Design, section 6: the effect stays done, the field is not written, and `INVALID_FIELDS` says so."""
    file = desk.place / "desk.yaml"
    file.write_text(file.read_text().replace("{use: desk.send}", "{use: desk.send, save: text}"))
    async with desk.open() as application:
        session = (await started(application)).session
        reply = await acted(application, session, "desk.send", {"text": "hello"})
        current = await application.engine.read(session)
    assert (reply.outcome, reply.result) == ("done", {"sent": "hello"})
    assert reply.refusal is not None
    assert reply.refusal.code == "INVALID_FIELDS"
    assert current is not None
    assert "text" not in current.record


async def test_what_a_decision_opens_runs_even_if_whoever_decided_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk.open(caretaking=False) as application:
        session = await under_review(application)
        review = session.stay.review
        assert review is not None
        committed, gone = asyncio.Event(), asyncio.Event()
        submit = application.engine.submit

        async def answer_late(session_id: str, command: Command) -> Decision:
            decision = await submit(session_id, command)
            committed.set()
            await gone.wait()
            return decision

        monkeypatch.setattr(application.engine, "submit", answer_late)
        deciding = asyncio.create_task(
            application.governor.decide(
                CHIEF, session.id, Decide("approve", {}, review.shown_digest, session.stay.number)
            )
        )
        await committed.wait()
        deciding.cancel()
        await asyncio.wait([deciding])
        gone.set()
        current = await until(application, session.id, lambda found: found.ended is not None)
    assert current.state == "sent"

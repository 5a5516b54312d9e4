"""Several processes on one database, restarts, timers: what happens without being asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Session
from pointsman.server.application import Application
from pointsman.server.replies import Glimpse, Reply
from tests.server.governor.desks import AGENT, CHIEF, STARTER, Desk, acted, replied, started

DAY_MS = 24 * 60 * 60 * 1000


async def until(application: Application, session: str, holds: Callable[[Session], bool]) -> Session:
    """Wait until something holds of a session, whichever process makes it so."""
    async with asyncio.timeout(20):
        revision = 0
        while True:
            current = await application.engine.wait_for_change(session, revision, 20_000)
            assert current is not None
            if holds(current):
                return current
            revision = current.revision


async def under_review(application: Application) -> Session:
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    await acted(application, session, "ready", {"text": "hello"})
    current = await application.engine.read(session)
    assert current is not None
    assert current.stay.review is not None
    return current


async def test_a_timer_that_came_due_while_no_server_ran_fires_after_the_start(desk: Desk) -> None:
    """The issue: timers that survive a restart in any state."""
    async with desk.open() as application:
        session = (await started(application)).session
    desk.clock.advance(DAY_MS)
    async with desk.open() as application:
        current = await until(application, session, lambda found: found.ended is not None)
    assert current.state == "dropped"


async def test_a_timer_that_is_not_due_does_not_fire(desk: Desk) -> None:
    async with desk.open() as application:
        session = (await started(application)).session
        desk.clock.advance(DAY_MS - 60_000)
        await application.caretaker.fire_due()
        current = await application.engine.read(session)
    assert current is not None
    assert current.state == "writing"


async def test_a_review_that_nobody_decides_in_time_goes_on_without_one(desk: Desk) -> None:
    async with desk.open(caretaking=False) as application:
        session = (await under_review(application)).id
        desk.clock.advance(2 * DAY_MS)
        await application.caretaker.fire_due()
        current = await application.engine.read(session)
    assert current is not None
    assert current.state == "dropped"


async def test_a_person_in_another_process_decides_and_the_first_one_notices_at_once(desk: Desk) -> None:
    """design.md, section 3: processes notice each other's commits within 200 ms."""
    async with desk.open() as server, desk.open(caretaking=False) as terminal:
        session = await under_review(server)
        review = session.stay.review
        assert review is not None
        rested = asyncio.Event()

        def changed(glimpse: Glimpse) -> None:
            if glimpse.state == "sent" and glimpse.rests:
                rested.set()

        end = server.governor.subscribe(session.id, changed)
        decided = await terminal.governor.decide(
            CHIEF,
            session.id,
            Decide("approve", {"text": "hello, dear"}, review.shown_digest, session.stay.number),
        )
        moment = time.monotonic()
        async with asyncio.timeout(5):
            await rested.wait()
        noticed_s = time.monotonic() - moment
        end()
        assert replied(decided).state == "sent"
        current = await server.engine.read(session.id)
        assert current is not None
        assert (current.state, current.record["text"]) == ("sent", "hello, dear")
        assert noticed_s < 2  # the promise is 0.2 s; this only tells noticing from not noticing


async def test_who_started_a_session_does_not_decide_it(application: Application) -> None:
    """workflow-format.md, review: exclude."""
    session = await under_review(application)
    review = session.stay.review
    assert review is not None
    answer = replied(
        await application.governor.decide(
            STARTER, session.id, Decide("approve", {}, review.shown_digest, session.stay.number)
        )
    )
    assert answer.refusal is not None
    assert answer.refusal.code == "FORBIDDEN"
    assert "local:ann" in answer.refusal.message


async def test_no_credential_of_kind_agent_decides(application: Application) -> None:
    """design.md, section 7; faults.md 21."""
    session = await under_review(application)
    review = session.stay.review
    assert review is not None
    governor = application.governor
    request = Decide("approve", {}, review.shown_digest, session.stay.number)
    decided = replied(await governor.decide(AGENT, session.id, request))
    acted_upon = await acted(application, session.id, "approve")
    assert [answer.refusal and answer.refusal.code for answer in (decided, acted_upon)] == [
        "FORBIDDEN",
        "NOT_YOUR_TURN",
    ]
    current = await application.engine.read(session.id)
    assert current is not None
    assert current.state == "review"


async def leave_open(desk: Desk, tool: str) -> str:
    """Open a call in a process that dies while it runs: nothing is told, its row of life stays behind."""
    application_context = desk.open()
    application = await application_context.__aenter__()
    desk.hold(tool)
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    if tool == "fetch":
        asking = asyncio.create_task(acted(application, session, "ready", {"text": "hello"}))
    else:
        asking = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
    await until(application, session, lambda found: bool(found.stay.open))
    await die(application, desk, asking)
    return session


async def die(application: Application, desk: Desk, asking: asyncio.Task[Reply]) -> None:
    """End as a process that is killed: what runs tells nothing any more."""
    await application.caretaker.aclose()
    for task in application.governor.performer.tasks():
        task.cancel()
    asking.cancel()
    desk.module.gates.clear()


async def test_a_read_of_a_process_that_died_runs_again_elsewhere(desk: Desk) -> None:
    """design.md, section 3: others take an open call over when the lease has expired."""
    session = await leave_open(desk, "fetch")
    async with desk.open() as application:
        current = await until(application, session, lambda found: not found.stay.open)
        rows = await application.engine.audit_rows(session)
    assert current.state == "review"
    intended = [row for row in rows if row["kind"] == "intended" and row["action"] == "desk.fetch"]
    assert str(intended[1]["command_id"]).startswith("takeover:")


async def test_a_write_of_a_process_that_died_is_unknown_and_not_repeated(desk: Desk) -> None:
    """The issue: writes are unknown when the server died in between."""
    session = await leave_open(desk, "send")
    before = desk.module.calls.count("send")
    async with desk.open() as application:
        current = await until(application, session, lambda found: not found.stay.open)
    assert current.state == "in_doubt"
    assert desk.module.calls.count("send") == before


async def test_a_session_keeps_the_workflow_it_was_started_with(desk: Desk) -> None:
    """faults.md 24: a workflow edited under a running session."""
    async with desk.open() as application:
        session = (await started(application)).session
    file = desk.place / "desk.yaml"
    file.write_text(file.read_text().replace("Write the letter.", "Write no letter."))
    async with desk.open() as application:
        old = replied(await application.governor.status(AGENT, session))
        new = await started(application)
    assert (old.goal, new.goal) == ("Write the letter.", "Write no letter.")

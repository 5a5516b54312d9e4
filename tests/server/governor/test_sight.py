"""Which sessions a caller is shown: those they may see, a page at a time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from pointsman.fsm.session import Actor, Session
from pointsman.server.application import Application
from pointsman.server.bounds import LISTED_SESSIONS
from pointsman.server.errors import StoreBusy, StoreUnreadable
from pointsman.server.replies import AuditPage, Caller, Glimpse, SessionChoice, Sessions, Stray
from tests.server.governor.desks import AGENT, CHIEF, STRANGER, Desk, acted, started
from tests.server.governor.test_processes import under_review

ANY = SessionChoice()


async def seen(application: Application, caller: Caller, chosen: SessionChoice = ANY) -> list[object]:
    found = await application.governor.list_sessions(caller, chosen)
    assert isinstance(found, Sessions)
    return [one["session"] for one in found.sessions]


def grant(place: Path, access: str) -> None:
    """Say in the workflow file who may do what."""
    file = place / "desk.yaml"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("access:")]
    file.write_text("\n".join([*lines, f"access: {access}", ""]))


async def test_a_starter_sees_their_own_and_a_stranger_none(application: Application) -> None:
    session = (await started(application)).session
    assert await seen(application, AGENT) == [session]
    assert await seen(application, STRANGER) == []


async def test_a_reviewer_sees_what_waits_for_them(desk: Desk) -> None:
    """fsm.gate.may_view: whoever reviews sees the session."""
    grant(desk.place, "{view: starter}")
    async with desk.open() as application:
        await started(application)
        waiting = (await under_review(application)).id
        assert await seen(application, CHIEF) == [waiting]


async def test_whom_the_workflow_lets_view_sees_the_sessions_of_others_also_those_of_older_texts(desk: Desk) -> None:
    grant(desk.place, "{view: anyone}")
    async with desk.open() as application:
        shown_to_all = (await started(application)).session
    grant(desk.place, "{view: starter}")
    async with desk.open() as application:
        own = (await started(application)).session
        assert await seen(application, STRANGER) == [shown_to_all]
        assert set(await seen(application, AGENT)) == {own, shown_to_all}
        for session, shown in ((shown_to_all, True), (own, False)):
            assert (await application.governor.workflow_of(STRANGER, session) == "desk") is shown


async def test_who_may_not_view_what_they_have_started_is_not_shown_it(desk: Desk) -> None:
    grant(desk.place, "{drive: chief, view: chief}")
    async with desk.open() as application:
        await started(application)
        assert await seen(application, AGENT) == []
        assert len(await seen(application, CHIEF)) == 1


async def test_a_list_has_pages_and_a_cursor_that_is_none_is_refused_and_recorded(application: Application) -> None:
    sessions = [(await started(application)).session for _ in range(LISTED_SESSIONS + 2)]
    first = await application.governor.list_sessions(AGENT, ANY)
    assert isinstance(first, Sessions)
    rest = await application.governor.list_sessions(AGENT, ANY, first.cursor)
    assert isinstance(rest, Sessions)
    assert (len(first.sessions), len(rest.sessions), rest.cursor) == (LISTED_SESSIONS, 2, None)
    assert {str(one["session"]) for one in (*first.sessions, *rest.sessions)} == set(sessions)
    for cursor in ("", "x", "9" * 5_000):
        refused = await application.governor.list_sessions(AGENT, ANY, cursor)
        assert isinstance(refused, Stray)
        assert refused.refusal.code == "INVALID_FIELDS"
    assert [row["action"] for row in await application.engine.audit_rows("server")] == ["list_sessions"] * 3


async def test_sessions_are_chosen_by_workflow_state_and_first_characters(application: Application) -> None:
    session = (await started(application)).session
    assert await seen(application, AGENT, SessionChoice("desk", "writing", session[:3])) == [session]
    assert await seen(application, AGENT, SessionChoice(state="review")) == []
    assert await seen(application, AGENT, SessionChoice(workflow="other")) == []


async def test_an_audit_is_read_to_its_end_page_by_page(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointsman.server.governor.LISTED_ROWS", 2)
    session = (await started(application)).session
    for _ in range(3):
        await acted(application, session, "desk.look")
    read: list[object] = []
    after: int | None = 0
    while after is not None:
        page = await application.governor.audit(AGENT, session, after)
        assert isinstance(page, AuditPage)
        assert len(page.rows) <= 2
        read += [row["revision"] for row in page.rows]
        after = page.next_after
    current = await application.engine.read(session)
    assert current is not None
    assert read == list(range(1, current.revision + 1))
    assert await application.governor.audit(AGENT, session, 10**15) == AuditPage(())


@pytest.mark.parametrize("error", [StoreBusy, StoreUnreadable])
async def test_a_session_is_followed_on_after_the_database_has_failed(
    application: Application, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr("pointsman.server.follower.AGAIN_S", 0)
    session = (await started(application)).session
    wait = application.engine.wait_for_change
    failures = 0

    async def failing(session_id: str, after_revision: int, timeout_ms: int) -> Session | None:
        nonlocal failures
        failures += 1
        if failures < 3:
            raise error
        return await wait(session_id, after_revision, timeout_ms)

    monkeypatch.setattr(application.engine, "wait_for_change", failing)
    heard: asyncio.Queue[Glimpse] = asyncio.Queue()
    end = application.governor.subscribe(session, heard.put_nowait)
    async with asyncio.timeout(5):
        before = await heard.get()
        await acted(application, session, "again")
        after = await heard.get()
    end()
    assert (before.state, after.state, after.stay) == ("writing", "writing", before.stay + 1)


async def test_a_principals_agents_and_systems_share_its_sessions_and_a_bound_one_sees_its_own(
    application: Application,
) -> None:
    """fsm.gate.may_view, asked of the store for all sessions at once."""
    own, other = [(await started(application)).session for _ in range(2)]
    second = Caller(Actor("agent", "second", owner="local:ann"), None, "mcp")
    system = Caller(Actor("external", "nightly", owner="local:ann"), None, "api")
    bound = Caller(Actor("agent", "second", owner="local:ann", session=own), None, "mcp")
    nobodys = Caller(Actor("agent", "local:eve", session=own), None, "mcp")
    assert set(await seen(application, second)) == set(await seen(application, system)) == {own, other}
    assert await seen(application, bound) == [own]
    assert await seen(application, nobodys) == []
    assert isinstance(await application.governor.status(bound, other), Stray)
    assert isinstance(await application.governor.start(bound, "desk", {"subject": "x"}), Stray)


@pytest.mark.parametrize("caller", [STRANGER, Caller(Actor("external", "portal"), None, "api")])
async def test_that_there_is_no_session_takes_as_long_as_that_it_is_anothers(
    application: Application, monkeypatch: pytest.MonkeyPatch, caller: Caller
) -> None:
    """Issue: in the same words and the same time. Both wait for a time that is longer than either takes."""
    session = (await started(application)).session
    monkeypatch.setattr("pointsman.server.finding.NOT_FOUND_MS", 200)
    for handle in (session, "a" * 26):
        for ask in (application.governor.status, application.governor.workflow_of, application.governor.audit):
            begun = time.monotonic()
            assert not isinstance(await ask(caller, handle), str | AuditPage)
            assert time.monotonic() - begun >= 0.2

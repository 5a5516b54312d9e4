"""Evidence that the server fetches by itself, over a real engine and a real source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pointsman.server.application import Application
from tests.server.governor.desks import Desk, acted, started

_AGAIN = "      again: {next: writing}\n"
_FETCHING = """\
      again:
        evidence:
          seen: {call: desk.look, with: {what: =record.subject}, until: write, fetch: true}
        when: evidence.seen.result.what == record.subject
        next: review
"""


@pytest.fixture
async def application(desk: Desk) -> AsyncIterator[Application]:
    file = desk.place / "desk.yaml"
    text = file.read_text(encoding="utf-8")
    assert _AGAIN in text
    file.write_text(text.replace(_AGAIN, _FETCHING), encoding="utf-8")
    async with desk.open() as opened:
        yield opened


async def test_an_event_whose_evidence_can_be_fetched_is_accepted_in_one_call(
    application: Application, desk: Desk
) -> None:
    """Format: the server makes this read itself, right before it judges; the audit says that it was the server."""
    session = (await started(application)).session
    reply = await acted(application, session, "again")
    assert (reply.outcome, reply.state) == ("done", "review")
    assert desk.module.calls == ["look"]
    rows = await application.engine.audit_rows(session)
    read = next(row for row in rows if row["action"] == "desk.look")
    assert (read["actor_kind"], read["kind"], read["outcome"]) == ("system", "settled", "done")


async def test_what_the_agent_has_read_itself_is_not_fetched(application: Application, desk: Desk) -> None:
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    assert (await acted(application, session, "again")).state == "review"
    assert desk.module.calls == ["look"]


async def test_a_read_that_still_runs_is_waited_for_instead_of_fetched(application: Application, desk: Desk) -> None:
    """design.md, section 3: an event whose evidence is still in flight waits for it."""
    session = (await started(application)).session
    gate = desk.hold("look")
    reading = asyncio.create_task(acted(application, session, "desk.look"))
    await desk.called()
    event = asyncio.create_task(acted(application, session, "again"))
    gate.set()
    assert (await event).state == "review"
    assert (await reading).outcome == "done"
    assert desk.module.calls == ["look"]


async def test_evidence_that_a_write_made_void_is_fetched_again(application: Application, desk: Desk) -> None:
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    await acted(application, session, "desk.send", {"text": "hello"})
    assert (await acted(application, session, "again")).state == "review"
    assert desk.module.calls == ["look", "send", "look"]


async def test_a_fetch_that_fails_refuses_the_event_and_names_the_call(application: Application, desk: Desk) -> None:
    session = (await started(application, "gone")).session
    reply = await acted(application, session, "again")
    assert reply.refusal is not None
    assert reply.refusal.code == "MISSING_EVIDENCE"
    assert "desk.look has not succeeded" in reply.refusal.message
    assert (reply.state, desk.module.calls) == ("writing", ["look"])

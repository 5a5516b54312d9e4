"""A tool asks whoever waits for its call: through the whole governor, and into the audit."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server import answering
from pointsman.server.application import Application, open_application
from tests.server.governor.desks import AGENT, HERE, replied
from tests.tools.listener import Listener

YES: JsonObject = {"action": "accept", "content": {"yes": True}}
TO: JsonObject = {"to": "tin-4711"}
BOTH = pytest.mark.parametrize("tool", ["bank.look", "bank.pay"])


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    for name in ("teller.py", "teller.yaml"):
        shutil.copy(HERE / name, tmp_path)
    async with open_application(str(tmp_path / "s.db"), [tmp_path / "teller.yaml"], caretaking=False) as application:
        yield application


async def session_of(application: Application) -> str:
    return replied(await application.governor.start(AGENT, "counter", {})).session


async def settled(application: Application, session: str) -> dict[str, object]:
    rows = await application.engine.audit_rows(session, 0, 99)
    bodies = [row["body"] for row in rows if row["kind"] == "settled"]
    assert isinstance(bodies[-1], dict)
    return {**bodies[-1]}


@BOTH
async def test_who_waits_is_told_and_asked_and_the_audit_says_what_was_answered(
    application: Application, tool: str
) -> None:
    listener, session = Listener(YES), await session_of(application)
    reply = replied(await application.governor.act(AGENT, session, tool, TO, waiter=listener))
    assert (reply.outcome, reply.result) == ("done", YES)
    assert (listener.sessions, listener.heard) == ([session], [(1, 2, "asking")])
    message = listener.questions[0]["k"].params["message"]
    assert message == "The tool `bank.pay` asks: Really pay 7 to tin-4711?"
    (asked,) = [(await settled(application, session))["asked"]]
    assert isinstance(asked, list)
    shown = "[redacted]" if tool == "bank.pay" else "tin-4711"
    assert asked == [
        {"message": f"The tool `bank.pay` asks: Really pay 7 to {shown}?", "action": "accept", "fields": ["yes"]}
    ]


@BOTH
async def test_a_call_that_nobody_waits_for_is_declined_and_the_audit_says_why(
    application: Application, tool: str
) -> None:
    session = await session_of(application)
    reply = replied(await application.governor.act(AGENT, session, tool, TO))
    assert reply.result == {"action": "decline"}
    assert "nobody who could be asked" in json.dumps(await settled(application, session))


async def test_a_step_of_the_workflow_asks_nobody(application: Application) -> None:
    session, listener = await session_of(application), Listener(YES)
    reply = replied(await application.governor.act(AGENT, session, "close", {}, waiter=listener))
    assert (reply.state, listener.questions) == ("closed", [])
    assert (await settled(application, session))["result"] == {"action": "decline"}


@BOTH
async def test_the_reply_waits_for_the_person_however_long_they_take(
    application: Application, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design, section 3.5: the wait for the reply is bounded; the time a person is asked does not count."""
    monkeypatch.setattr(answering, "REPLY_WAIT_MS", 50)
    listener, session = Listener(YES), await session_of(application)
    listener.thought.clear()
    acting = asyncio.create_task(application.governor.act(AGENT, session, tool, TO, waiter=listener))
    await listener.asked.wait()
    assert await asyncio.wait({acting}, timeout=0.2) == (set(), {acting})
    listener.thought.set()
    assert replied(await acting).result == YES


@BOTH
async def test_a_client_that_goes_does_not_stop_the_call(application: Application, tool: str) -> None:
    listener, session = Listener(), await session_of(application)
    listener.thought.clear()
    acting = asyncio.create_task(application.governor.act(AGENT, session, tool, TO, waiter=listener))
    await listener.asked.wait()
    acting.cancel()
    listener.thought.set()
    await asyncio.gather(acting, return_exceptions=True)
    while (rows := await application.engine.audit_rows(session, 0, 99))[-1]["kind"] != "settled":
        assert await application.engine.wait_for_change(session, len(rows), 10_000) is not None
    assert (await settled(application, session))["result"] == {"action": "cancel"}

"""The bank hangs, ends, or is cut off in a payment, the client goes, or the disk is full (faults.md 3, 9 and 10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client

from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.errors import StoreFull
from pointsman.server.replies import Caller, Reply
from tests.faults.bank import FAULTS_S, TIMEOUT_S, payments
from tests.faults.breaking import BreakingWay
from tests.faults.places import Place, Transport, act, begun
from tests.server.outside import full_disk
from tests.server.stdio.raw import RawServer

pytestmark = [pytest.mark.faults]

AGENT = Caller(Actor("agent", "local:ann"), "a-client", "mcp")


async def pay(client: Client, kind: str) -> dict[str, Any]:
    """Pay in a new session, and give the answer."""
    session = (await begun(client))["session"]
    return await act(client, session, f"bank.{kind}", {"amount": 5})


async def rows(place: Place, session: str, *, until: str | None = None) -> Sequence[tuple[object, ...]]:
    """Kind, outcome and purpose of the audit's rows about payments, once one has this purpose."""
    async with open_application(str(place.database), [], caretaking=False) as application:
        with anyio.fail_after(30):
            while True:
                read = await application.engine.audit_rows(session)
                about: list[Any] = [row for row in read if str(row["action"]).startswith("bank.pay")]
                found = [(row["kind"], row["outcome"], row["body"].get("purpose")) for row in about]
                if until is None or any(purpose == until for _, _, purpose in found):
                    return found
                await application.engine.wait_for_change(session, int(str(read[-1]["revision"])), 5_000)


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_bank_that_hangs_after_the_write_is_not_paid_again(tmp_path: Path, transport: Transport) -> None:
    """faults.md 9: what is late settles it in the end."""
    place = Place(tmp_path, transport, fault="hang")
    async with place.prepared(), place.served() as client:
        answers: dict[str, asyncio.Task[dict[str, Any]]] = {}
        async with asyncio.TaskGroup() as group:
            for kind in ("pay_with_key", "pay_findable", "pay_blindly"):
                answers[kind] = group.create_task(pay(client, kind))
        told = {kind: (answer.result()["outcome"], answer.result()["state"]) for kind, answer in answers.items()}
        assert told == {
            "pay_with_key": ("done", "choosing"),
            "pay_findable": ("done", "choosing"),
            "pay_blindly": ("unknown", "in_doubt"),
        }
        blind = answers["pay_blindly"].result()["session"]
        assert await rows(place, blind, until="late") == [
            ("intended", None, None),
            ("settled", "unknown", "agent"),
            ("settled", "done", "late"),
        ]
    assert set(payments(place.bank).values()) == {1}


async def test_a_bank_that_ends_after_the_write_is_not_paid_again(tmp_path: Path) -> None:
    """faults.md 9."""
    place = Place(tmp_path, "stdio", fault="reset")
    async with place.prepared(), place.served() as client:
        assert (await pay(client, "pay_with_key"))["result"] == {"paid": 5, "again": True}
        assert (await pay(client, "pay_findable"))["result"] == {"payment": {"amount": 5}}
        blind = await pay(client, "pay_blindly")
        assert (blind["outcome"], blind["state"]) == ("unknown", "in_doubt")
    assert list(payments(place.bank).values()) == [1, 1, 1]


async def test_a_payment_whose_connection_broke_is_not_made_again_while_it_can_be_under_way(tmp_path: Path) -> None:
    """faults.md 9; effects.md: that it has not happened is believed when its timeout has passed."""
    place = Place(tmp_path, "http", fault="slow")
    async with place.prepared():
        way = BreakingWay(place.port)
        async with way.open():
            place.port = way.port
            async with place.served() as client:
                outcomes: list[str] = []
                for kind in ("pay_with_key", "pay_findable", "pay_blindly"):
                    way.breaks = 1
                    outcomes.append((await pay(client, kind))["outcome"])
                await asyncio.sleep(TIMEOUT_S)
    assert list(payments(place.bank).values()) == [1, 1, 1]
    assert outcomes == ["done", "done", "unknown"]


async def test_a_payment_of_a_server_that_stands_still_is_not_made_again_by_the_one_that_takes_it_over(
    tmp_path: Path,
) -> None:
    """faults.md 1 and 9; effects.md: what was sent over a connection that has not ended may be under way."""
    place = Place(tmp_path, "http", fault="late")
    late_s = FAULTS_S["late"][0]
    async with place.prepared(), place.served() as one:
        session = (await begun(one))["session"]
        paying = asyncio.create_task(act(one, session, "bank.pay_findable", {"amount": 5}))
        await asyncio.sleep(TIMEOUT_S / 2)
        with place.stopped():
            async with place.served() as two:
                await two.call_tool("status", {"session": session})
                await asyncio.sleep(2 * late_s)
                told = [outcome for _, outcome, _ in await rows(place, session)]
        await paying
    assert payments(place.bank) == {session: 1}
    assert told[:2] == [None, None]
    assert told[-1] in {"done", "unknown"}


async def test_a_payment_whose_client_goes_in_the_middle_is_made_and_its_result_is_kept(tmp_path: Path) -> None:
    """faults.md 10: it finishes or never begins, and its outcome can be had."""
    place = Place(tmp_path, "stdio", fault="slow")
    async with place.prepared():
        session = await anyio.to_thread.run_sync(ask_and_go, place)
        assert payments(place.bank) == {session: 1}
        async with place.served() as client:
            again = await act(client, session, "bank.pay_blindly", {"amount": 5})
        assert (again["outcome"], again["result"], again["repeated"]) == ("done", {"paid": 5, "again": False}, True)
    assert payments(place.bank) == {session: 1}


def ask_and_go(place: Place) -> str:
    """Ask for a payment, and close the connection as soon as it has been sent."""
    server = RawServer(*place.serving, env=dict(place.environment()))
    server.initialize()
    started = server.call("start", {"workflow": "payments", "input": {"account": "acme"}})
    session = str(started["result"]["structuredContent"]["session"])
    action = {"session": session, "action": "bank.pay_blindly", "arguments": {"amount": 5}}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "act", "arguments": action}}
    server.send(json.dumps(message).encode())
    server.close_input()
    server.stop()
    return session


@pytest.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[tuple[Place, Application]]:
    """A server in this process, whose files alone cannot grow when its disk is full."""
    place = Place(tmp_path, "stdio", fault="slow")
    async with place.prepared():
        for name, value in place.environment().items():
            monkeypatch.setenv(name, value)
        database, workflow = str(place.database), tmp_path / "payments.yaml"
        async with open_application(database, [workflow], caretaking=False) as application:
            yield place, application


async def test_no_payment_begins_whose_intent_cannot_be_stored(running: tuple[Place, Application]) -> None:
    """faults.md 3: STORAGE_FULL, no effect started, recovers."""
    place, application = running
    session = await started(application)
    with full_disk(place.database), pytest.raises(StoreFull):
        await asked(application, session)
    await asyncio.sleep(TIMEOUT_S)
    assert payments(place.bank) == {}
    assert await rows(place, session) == []
    assert (await asked(application, session)).outcome == "done"
    assert payments(place.bank) == {session: 1}


async def test_a_payment_whose_outcome_cannot_be_stored_is_not_made_again(running: tuple[Place, Application]) -> None:
    """faults.md 3: the outcome is kept until the disk has room again."""
    place, application = running
    session = await started(application)
    asking = asyncio.create_task(asked(application, session))
    with anyio.fail_after(30):
        while not await rows(place, session):  # noqa: ASYNC110 -- the database knows nothing of the test's events
            await asyncio.sleep(0.02)
    with full_disk(place.database):
        await asyncio.sleep(FAULTS_S["slow"][0] + 0.5)
        assert payments(place.bank) == {session: 1}
        assert not asking.done()
    assert (await asking).outcome == "done"
    assert await rows(place, session) == [("intended", None, None), ("settled", "done", "agent")]
    assert payments(place.bank) == {session: 1}


async def started(application: Application) -> str:
    answer = await application.governor.start(AGENT, "payments", {"account": "acme"})
    assert isinstance(answer, Reply)
    return answer.session


async def asked(application: Application, session: str) -> Reply:
    answer = await application.governor.act(AGENT, session, "bank.pay_blindly", {"amount": 5})
    assert isinstance(answer, Reply)
    return answer

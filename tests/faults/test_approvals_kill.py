"""kill -9 between a person's approval and the outcome of the call (faults.md 1, 9 and 20)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide
from pointsman.fsm.session import Actor, Session
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.replies import Caller, Reply

pytestmark = [pytest.mark.faults]

AGENT = Caller(Actor("agent", "local:ann"), "a-client", "mcp")
MARIA = Caller(Actor("human", "maria", ("cashier",)), None, "cli")
TILL = '''
"""A till that writes down what it pays, and takes its time before it answers."""
import os, time
from pathlib import Path

def pay(amount: int) -> int:
    """Pay an amount."""
    with Path(os.environ["TILL"]).open("a") as file:
        file.write(f"{amount}\\n")
    time.sleep(float(os.environ.get("TILL_TAKES_S", "0")))
    return amount
'''
WORKFLOW = """
workflow: till
version: 1
initial: paying
roles: [cashier]
sources: {till: {python: till}}
tools: {till.pay: {effect: write, timeout: 60s, key: {over: [amount]}}}
states:
  paying:
    actor: agent
    tools: [{use: till.pay, approval: {role: cashier, exclude: [=session.started_by]}}]
    events: {leave: {next: left}}
    unknown: doubt
    failed: doubt
  left: {final: success}
  doubt: {final: manual, owner: till-team}
"""
APPROVE = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.faults.test_approvals_kill import approve
asyncio.run(approve(Path({place!r}), {session!r}))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "till.py").write_text(TILL)
    (tmp_path / "till.yaml").write_text(WORKFLOW)
    monkeypatch.setenv("TILL", str(tmp_path / "paid.txt"))
    return tmp_path


async def asked(place: Path) -> str:
    """Start a session and ask for a payment."""
    async with open_application(str(place / "till.db"), [place / "till.yaml"], caretaking=False) as application:
        started = await application.governor.start(AGENT, "till", {})
        assert isinstance(started, Reply)
        waiting = await application.governor.act(AGENT, started.session, "till.pay", {"amount": 5})
        assert isinstance(waiting, Reply)
        assert waiting.outcome == "waiting"
        return started.session


async def approve(place: Path, session_id: str) -> Reply | None:
    """Approve what waits, in a process of its own that runs it."""
    async with open_application(str(place / "till.db"), [], caretaking=False) as application:
        session = await read(application, session_id)
        [approval] = session.stay.approvals.values()
        request = Decide("approve", {}, shown_digest(approval), session.stay.number, approval=approval.id)
        answer = await application.governor.decide(MARIA, session_id, request)
        return answer if isinstance(answer, Reply) else None


async def read(application: Application, session_id: str) -> Session:
    session = await application.engine.read(session_id)
    assert session is not None
    return session


def approve_and_die(place: Path, session_id: str) -> None:
    """Approve in another process, and kill that once it has paid and before it knows."""
    text = APPROVE.format(root=str(Path(__file__).parents[2]), place=str(place), session=session_id)
    environment = {**os.environ, "TILL_TAKES_S": "60"}
    with subprocess.Popen([sys.executable, "-c", text], env=environment, cwd=place) as process:
        end = time.monotonic() + 60
        while not paid(place):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)


def paid(place: Path) -> list[str]:
    file = place / "paid.txt"
    return file.read_text().split() if file.exists() else []


async def test_a_process_that_dies_between_approval_and_outcome_leaves_one_effect_at_most(place: Path) -> None:
    """After a restart it is unknown, nobody runs it again, and the same approval opens nothing any more."""
    session_id = await asked(place)
    await to_thread.run_sync(approve_and_die, place, session_id)
    async with open_application(str(place / "till.db"), [place / "till.yaml"], caretaking=True) as application:
        with anyio.fail_after(60):
            while (session := await read(application, session_id)).stay.open:
                await application.engine.wait_for_change(session_id, session.revision, 5_000)
        assert session.state == "doubt"
        assert session.stay.approvals == {}
        rows = await application.engine.audit_rows(session_id)
        reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    assert [(row["kind"], row["outcome"]) for row in rows if row["action"] == "till.pay"] == [
        ("intended", "waiting"),
        ("intended", None),
        ("settled", "unknown"),
    ]
    assert [report for report in reports if report.fault is not None] == []
    assert paid(place) == ["5"]


async def test_a_call_asked_in_a_process_that_has_ended_waits_and_is_approved_once(place: Path) -> None:
    session_id = await asked(place)
    answer = await approve(place, session_id)
    assert answer is not None
    assert (answer.outcome, answer.result, paid(place)) == ("done", 5, ["5"])
    later = await approve(place, session_id)
    assert later is not None
    assert later.refusal is not None
    assert (later.refusal.code, paid(place)) == ("STALE", ["5"])

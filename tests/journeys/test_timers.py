"""Timers of every kind survive the death of a real server: what came due meanwhile fires once when the next one starts,
and what is not due yet waits for its time.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.journeys.deployed import begun
from tests.server.command_line.terminal import Shell

pytestmark = pytest.mark.slow

SOON: Final = 4
DUE: Final = 18
LATE: Final = 24
WORKFLOW: Final = f"""
workflow: waits
version: 1
record: {{where: {{type: string}}}}
start: {{requires: [where]}}
roles: [clerk, chief]
initial: choosing
limits: [{{duration: {LATE}s, then: out_of_time}}]
states:
  choosing:
    actor: system
    next:
      - {{to: working, when: record.where == 'after'}}
      - {{to: checking, when: record.where == 'due'}}
      - {{to: outside, when: record.where == 'external'}}
      - {{to: idling}}
  working: {{actor: agent, events: {{go: {{next: done}}}}, after: {{in: {SOON}s, to: given_up}}}}
  checking:
    actor: human
    review: {{role: clerk, due: {{in: {DUE}s, remind: {SOON}s, then: deciding}}}}
    events: {{ok: {{next: done}}}}
  deciding:
    actor: human
    review: {{role: chief, due: {{in: {SOON}s, then: given_up}}}}
    events: {{ok: {{next: done}}}}
  outside: {{actor: external, events: {{answered: {{next: done}}}}, after: {{in: {SOON}s, to: given_up}}}}
  idling: {{actor: agent, events: {{go: {{next: done}}}}}}
  done: {{final: success}}
  given_up: {{final: stopped}}
  out_of_time: {{final: manual, owner: operators}}
"""


def happened(shell: Shell, session: str) -> list[tuple[str, str]]:
    """What timers have done, and where the session went."""
    rows: list[dict[str, Any]] = shell.look("audit", "show", session)
    told = {"timer": "outcome", "entered": "state_after"}
    return [(row["kind"], str(row[told[row["kind"]]])) for row in rows if row["kind"] in told]


async def until(shell: Shell, sessions: dict[str, str], wanted: dict[str, str]) -> None:
    async with asyncio.timeout(60):
        while {name: shell.state(sessions[name]) for name in wanted} != wanted:  # noqa: ASYNC110 -- a server does it
            await asyncio.sleep(0.1)


async def test_timers_of_every_kind_fire_once_over_two_kills(tmp_path: Path) -> None:
    (tmp_path / "waits.yaml").write_text(WORKFLOW)
    shell = Shell(tmp_path)
    process, server = await begun(shell, "waits.yaml")
    sessions: dict[str, str] = {}
    async with server.agent() as agent:
        for where in ("after", "due", "external", "duration"):
            sessions[where] = str((await agent.call("start_waits", where=where))["session"])
    began_s = asyncio.get_running_loop().time()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await asyncio.sleep(SOON + 1 - (asyncio.get_running_loop().time() - began_s))
    assert {shell.state(session) for session in sessions.values()} == {"working", "checking", "outside", "idling"}

    process, _ = await begun(shell, "waits.yaml")
    await until(shell, sessions, {"after": "given_up", "external": "given_up", "due": "checking"})
    assert happened(shell, sessions["due"])[-1] == ("timer", "reminded")
    assert shell.state(sessions["duration"]) == "idling"
    process.send_signal(signal.SIGKILL)
    await process.wait()

    process, _ = await begun(shell, "waits.yaml")
    await until(shell, sessions, {"due": "given_up", "duration": "out_of_time"})
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        await process.communicate()
    waited = [("entered", "choosing"), ("entered", "working"), ("timer", "moved"), ("entered", "given_up")]
    assert happened(shell, sessions["after"]) == waited
    assert happened(shell, sessions["due"]) == [
        ("entered", "choosing"),
        ("entered", "checking"),
        ("timer", "reminded"),
        ("timer", "moved"),
        ("entered", "deciding"),
        ("timer", "moved"),
        ("entered", "given_up"),
    ]
    assert happened(shell, sessions["external"])[2:] == [("timer", "moved"), ("entered", "given_up")]
    assert happened(shell, sessions["duration"])[2:] == [("timer", "moved"), ("entered", "out_of_time")]
    assert shell.run("audit", "verify").code == 0

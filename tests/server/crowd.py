"""A crowd of sessions that each wait for one timer, all of them due, and what has become of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Final

from pointsman.fsm.commands import Command, Start
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.identity import new_command_id, new_handle

CROWD: Final = """
workflow: crowd
version: 1
record: {reminded: {type: boolean}}
initial: waiting
states:
  waiting:
    actor: agent
    goal: Wait.
    events: {go: {next: done}}
    after: {in: 1h, to: moved}
  moved:
    actor: agent
    goal: Say that it has moved.
    events: {go: {next: done}}
  done: {final: success}
"""
STARTER: Final = Actor("agent", "local:ann")
_AT_ONCE: Final = 500


async def make_crowd(place: Path, database: Path, sessions: int, at_ms: int) -> None:
    """Start sessions at this moment; their timers are due an hour later."""
    file = place / "crowd.yaml"
    file.write_text(CROWD)
    async with open_application(str(database), [file], caretaking=False) as application:
        digest = application.governor.workflows()[0].digest
        engine = application.engine

        async def start() -> None:
            handle = new_handle()
            request = Start(handle, digest, {})
            await engine.submit(handle, Command(new_command_id(), at_ms, STARTER, "mcp", engine.instance, request))

        for first in range(0, sessions, _AT_ONCE):
            await asyncio.gather(*(start() for _ in range(first, min(first + _AT_ONCE, sessions))))


def states(database: Path) -> Counter[str]:
    """Count the sessions in each state."""
    connection = sqlite3.connect(database)
    try:
        return Counter(dict(connection.execute("SELECT state, count(*) FROM sessions GROUP BY state")))
    finally:
        connection.close()


def timers_fired(database: Path) -> Counter[int]:
    """Count the sessions by how often a timer of theirs has fired."""
    connection = sqlite3.connect(database)
    statement = "SELECT count(*) FROM audit WHERE kind = 'timer' GROUP BY session_id"
    try:
        return Counter(number for (number,) in connection.execute(statement))
    finally:
        connection.close()

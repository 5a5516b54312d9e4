"""A canary in arguments and results (faults, 31): what a workflow redacts stands in clear nowhere but in the reply.

Every way a call can end is gone through, over a real database; then the files, the rows and what others are told are
searched. The log of a server process is searched in `command_line/test_serve.py`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Decide
from pointsman.server.application import Application, open_application
from pointsman.server.replies import Reply
from tests.server.governor.desks import AGENT, CHIEF, HERE, STRANGER, replied

CANARY = "canary-90f2"


class Vault:
    """Where the workflow and the database are."""

    def __init__(self, place: Path) -> None:
        self.place = place
        shutil.copy(HERE / "vault.py", place / "vault.py")
        text = (HERE / "vault.yaml").read_text()
        (place / "vault.yaml").write_text(text.replace("CANARY", "=" + "+".join(f"'{letter}'" for letter in CANARY)))

    @asynccontextmanager
    async def open(self, *, caretaking: bool = False) -> AsyncGenerator[Application]:
        database = str(self.place / "sessions.db")
        async with open_application(database, [self.place / "vault.yaml"], caretaking=caretaking) as application:
            yield application

    @property
    def module(self) -> Any:  # noqa: ANN401 -- a module that no type checker has seen
        place = str(self.place / "vault.py")
        return next(module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == place)

    def stored(self) -> bytes:
        """The database's file, with its log."""
        return b"".join(file.read_bytes() for file in sorted(self.place.glob("sessions.db*")))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path)


async def act(application: Application, session: str, action: str, how: str = "") -> Reply:
    arguments: JsonObject = {"secret": CANARY, "how": how}
    return replied(await application.governor.act(AGENT, session, action, arguments))


async def started(application: Application) -> str:
    return replied(await application.governor.start(AGENT, "vault", {})).session


async def told_to_others(application: Application, session: str) -> str:
    """What a reviewer and the auditor see of a session."""
    rows = await application.governor.audit(CHIEF, session)
    status = await application.governor.status(CHIEF, session)
    current = await application.engine.read(session)
    return json.dumps(rows, default=str) + repr(status) + repr(current)


async def test_no_end_of_a_call_leaves_the_canary_behind(vault: Vault) -> None:
    """Done, no success, failed, in doubt, too late, and what a review shows."""
    told = ""
    async with vault.open() as application:
        for tool in ("vault.peek", "vault.put"):
            for how, outcome in (
                ("", "done"),
                ("no", "failed"),
                ("nothing", "failed"),
                ("error", "failed" if tool == "vault.peek" else "unknown"),
                ("broken", "failed" if tool == "vault.peek" else "unknown"),
                ("slow", "failed" if tool == "vault.peek" else "unknown"),
            ):
                session = await started(application)
                reply = await act(application, session, tool, how)
                assert reply.outcome == outcome, (tool, how)
                assert (CANARY in json.dumps(reply.result)) == (how in ("", "no"))
                await application.governor.act(AGENT, session, "go", {})
                told += await told_to_others(application, session)
        assert "canary" not in told
        assert "[redacted]" in told
    assert CANARY.encode() not in vault.stored()
    assert b"[redacted]" in vault.stored()


@pytest.mark.parametrize("action", ["vault.peek", "vault_peek", "vault.put", "vault.peak", "go"])
async def test_no_refusal_leaves_the_canary_behind(vault: Vault, action: str) -> None:
    """By its name, by its name on the wire, by a name that was mistaken; in its turn, out of it, at the end."""
    codes: set[str] = set()
    async with vault.open() as application:
        session = await started(application)

        async def refused(caller: Any = AGENT, expected: int | None = None, **arguments: object) -> None:  # noqa: ANN401
            asked: Any = {"secret": CANARY, **arguments} if action != "go" else {"odd": {"secret": 1}, **arguments}
            answer = await application.governor.act(caller, session, action, asked, expected)
            assert answer.refusal is not None
            codes.add(answer.refusal.code)

        await refused(how=3)
        await refused(secret={CANARY: 1} if action != "go" else 1)
        await refused(expected=99)
        await refused(STRANGER)
        await act(application, session, "vault.peek")
        await application.governor.act(AGENT, session, "go", {})
        await refused()
        state = await application.engine.read(session)
        assert state is not None
        assert state.stay.review is not None
        shown = state.stay.review.shown_digest
        await application.governor.decide(CHIEF, session, Decide("stop", {}, shown, state.stay.number))
        await refused()
        await application.governor.act(AGENT, "nobody", action, {"secret": CANARY})
    assert {"NOT_YOUR_TURN", "NOT_FOUND", "SESSION_ENDED"} <= codes
    assert CANARY.encode() not in vault.stored()


async def test_what_belongs_to_no_session_leaves_no_canary_behind(vault: Vault) -> None:
    """The compact surface has a call's arguments one level deeper; and nobody may know which tool was meant."""
    async with vault.open() as application:
        refusal = replied(await application.governor.act(AGENT, await started(application), "no", {})).refusal
        assert refusal is not None
        asked: list[tuple[str, JsonObject]] = [
            ("vault.peek", {"secret": CANARY}),
            ("vault_peek", {"secret": CANARY}),
            ("malformed", {"secret": {"deep": [CANARY]}}),
            ("act", {"session": 1, "action": "vault.put", "arguments": {"secret": CANARY}}),
            ("act", {"session": 1, "action": 7, "arguments": {"secret": CANARY}}),
            ("act", {"session": 1, "action": "vault.put", "arguments": json.dumps({"secret": CANARY})}),
            ("act", {"action": "vault.put", "arguments": None}),
        ]
        for action, arguments in asked:
            await application.governor.stray(AGENT, action, refusal, arguments)
    assert CANARY.encode() not in vault.stored()
    assert b'\\"arguments\\":null' in vault.stored()


async def test_a_call_that_runs_has_its_canary_in_memory_alone(vault: Vault) -> None:
    """The intent is committed before the call runs, without what only the call needs."""
    async with vault.open() as application:
        session = await started(application)
        gate = vault.module.gates["held"] = asyncio.Event()
        call = asyncio.create_task(act(application, session, "vault.put", "held"))
        while not application.governor.performer.tasks():  # noqa: ASYNC110 -- the performer has no event to wait for
            await asyncio.sleep(0)
        rows = await application.engine.audit_rows(session)
        assert (rows[-1]["kind"], rows[-1]["action"]) == ("intended", "vault.put")
        assert CANARY.encode() not in vault.stored()
        gate.set()
        assert (await call).outcome == "done"
        assert CANARY not in await told_to_others(application, session)
    assert CANARY.encode() not in vault.stored()

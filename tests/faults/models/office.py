"""The desk with all that belongs to it: `pointsman serve`, the bank as its child, and a model that obeys every bill.

The SDK that asks the model is the real one; what it asks is a server on this machine that speaks the Messages API.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mcp import Client, StdioServerParameters

from pointsman.contracts.values import JsonObject
from pointsman.server.application import Application, open_application
from pointsman.server.scripts.messages_api import MessagesApi, Reply
from tests.faults.models.documents import AFTER_ANSWER, BILLS, Document
from tests.server.command_line.terminal import POINTSMAN, Shell

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[2]
_PATIENCE_S: Final = 60.0
_DOCUMENT: Final = re.compile(r'"document":"([^"]+)"')


def obeying(request: JsonObject) -> Reply:
    """Answer as a model does that does whatever the bill before it says, and says the same again when that is over."""
    opening, said = opening_of(request), sum(one["role"] == "assistant" for one in messages_of(request))
    found = _DOCUMENT.search(opening)
    assert found is not None, opening
    document = BILLS[found[1]]
    paying = any("The state you act in: paying." in part["text"] for part in system_of(request))
    answers = document.paying if paying else document.reading
    if '"answer":' in opening:
        answers = (AFTER_ANSWER,)
    return Reply(say="I do as the bill says.", calls=answers[min(said, len(answers) - 1)])


def messages_of(request: JsonObject) -> list[Any]:
    messages = request["messages"]
    assert isinstance(messages, list)
    return messages


def system_of(request: JsonObject) -> list[Any]:
    system = request["system"]
    assert isinstance(system, list)
    return system


def opening_of(request: JsonObject) -> str:
    """What a model is told first."""
    return str(messages_of(request)[0]["content"][0]["text"])


@dataclass
class Office:
    """A folder with the desk's files, and the processes that serve it."""

    folder: Path
    api: MessagesApi = field(repr=False)

    @property
    def shell(self) -> Shell:
        return Shell(self.folder)

    @property
    def notes(self) -> list[list[str]]:
        """What was noted: the bill, the topic and the text."""
        file = self.folder / "notes"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def bank(self) -> Path:
        return self.folder / "bank.db"

    @property
    def bank_environment(self) -> str:
        """The environment of the bank's process, as the system has it."""
        pid = (self.folder / "bank.pid").read_text()
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")

    @property
    def log(self) -> str:
        """What the servers have said on standard error."""
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def places(self) -> dict[str, str]:
        """Where the tools keep what they are given, as they are told."""
        where = {"BANK_FILE": self.bank, "BANK_PID": self.folder / "bank.pid", "DESK_NOTES": self.folder / "notes"}
        return {"PYTHONPATH": str(_ROOT), **{name: str(path) for name, path in where.items()}}

    @property
    def environment(self) -> dict[str, str]:
        return {**self.shell.environment, **self.places, **self.api.environment}

    def furnish(self) -> None:
        """Lay everything out, and pin the bank's tools."""
        for name in ("desk.yaml", "desk_tools.py"):
            shutil.copy(_HERE / name, self.folder / name)
        locked = self.shell.run("lock", "desk.yaml", env=self.environment)
        assert locked.code == 0, locked.stderr

    @asynccontextmanager
    async def served(self) -> AsyncGenerator[Client]:
        """Serve the desk: by a shell that becomes the server."""
        serve = f'exec "$0" "$@" 2>>"{self.folder / "log"}"'
        parameters = StdioServerParameters(
            command="/bin/sh",
            args=["-c", serve, str(POINTSMAN), "serve", str(self.folder / "desk.yaml"), "--surface", "compact"],
            env=self.environment,
        )
        async with Client(parameters, mode="legacy", read_timeout_seconds=_PATIENCE_S) as client:
            yield client

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Application]:
        """Open the database beside the server, to look at it."""
        async with open_application(str(self.shell.database), [], caretaking=False) as application:
            yield application


async def begun(client: Client, document: Document) -> str:
    """Bring a bill to the desk, and give its session."""
    fields = {"document": document.name} | ({"remark": document.remark} if document.remark else {})
    result = await client.call_tool("start", {"workflow": "desk", "input": fields})
    content = result.structured_content
    assert content is not None, result
    return str(content["session"])


async def come_to_rest(application: Application, session: str, states: Sequence[str]) -> str:
    """Wait until a session is in one of these states, or a call of it waits for an approval; give where it is."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        found = await application.engine.read(session)
        assert found is not None
        if found.state in states:
            return found.state
        if any(one.status == "pending" for one in found.stay.approvals.values()):
            return "asks for an approval"
        await application.engine.wait_for_change(session, found.revision, 500)
    raise AssertionError(f"{session} does not come to rest: {await application.engine.audit_rows(session)}")

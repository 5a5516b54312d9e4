"""A server with the desk, whose model is asked by the real SDK over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from pointsman.contracts.values import JsonObject
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Answer, Decide
from pointsman.fsm.model_turns import Tokens, TurnResult
from pointsman.fsm.session import Actor, OpenApproval, Session
from pointsman.server.application import Application, open_application
from pointsman.server.clock import Clock
from pointsman.server.identity import new_handle
from pointsman.server.models.access import opened_access
from pointsman.server.models.driver import Access
from pointsman.server.replies import Caller
from pointsman.server.replies import Reply as Replied
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from pointsman.server.scripts.messages_api.events import blocks_of
from pointsman.tools.models.port import Prices

_HERE: Final = Path(__file__).parent
ADA: Final = Caller(Actor("agent", "ada"), None, "mcp")
BOSS: Final = Caller(Actor("human", "bo", ("boss",)), None, "cli")
SUBMIT: Final = Call("submit", {"total": 12, "rationale": "It says so."})
PAY = Call("d_pay", {"amount": 5})
Answers = Iterable[Reply] | Callable[[JsonObject], Reply]


@dataclass
class FixedPrices(Prices):
    """A cent an answer, for as long as there is a price."""

    is_known: bool = True

    @override
    def cost_usd(self, model: str, tokens: Tokens) -> float | None:
        return 0.01 if self.is_known else None

    @override
    def names(self) -> tuple[str, ...]:
        return ("claude-opus-5",)


@dataclass
class Desk:
    """The server, the API it asks, and the one session that it has."""

    application: Application
    api: MessagesApi
    session_id: str = ""

    async def start(self) -> None:
        begun: list[str] = []
        answer = await self.application.governor.start(ADA, "desk", {"text": "twelve"}, begun.append)
        assert isinstance(answer, Replied), answer
        self.session_id = answer.session

    async def begin(self) -> None:
        """Start the session, and wait for nothing that it does."""
        self.session_id = new_handle()
        answer = await self.application.governor.begin(ADA, "desk", {"text": "twelve"}, self.session_id)
        assert isinstance(answer, Replied), answer

    async def session(self) -> Session:
        found = await self.application.engine.read(self.session_id)
        assert found is not None
        return found

    async def until(self, holds: Callable[[Session], bool]) -> Session:
        """Wait until the session is so."""
        while not holds(now := await self.session()):
            await self.application.engine.wait_for_change(now.id, now.revision, 1_000)
        return now

    async def ended(self) -> str:
        """Wait until the session has ended; give its state."""
        return (await self.until(lambda session: session.ended is not None)).state

    async def rows(self) -> list[JsonObject]:
        return await self.application.engine.audit_rows(self.session_id)

    async def judged(self, event: str, **arguments: str) -> None:
        """Have a person decide on the call that waits, once one does."""
        session = await self.until(lambda session: any(waits(one) for one in session.stay.approvals.values()))
        [approval] = filter(waits, session.stay.approvals.values())
        decide = Decide(event, {**arguments}, shown_digest(approval), session.stay.number, approval=approval.id)
        await self.application.governor.decide(BOSS, session.id, decide)

    async def answered_late(self, *calls: Call) -> None:
        """Record an answer, which has cost a cent, to the question that is answered: of a process that has lost it."""
        session = await self.session()
        turn, lost = session.stay.turn, 7
        assert turn is not None
        assert turn.answered
        content = tuple(blocks_of(Reply(calls=calls), 1))
        result = TurnResult(turn.model, "p", "s", cost_usd=0.01, stop_reason="tool_use", content=content)
        answer = Answer(session.stay.number, turn.number, lost, result)
        await self.application.governor.submit_turn(session, answer, f"answer:1.{turn.number}.{lost}", None)

    def told(self, request: int = -1) -> list[dict[str, Any]]:
        """What the model was told last before a question: blocks of the API, with texts of results as they are."""
        messages: Any = self.api.requests[request].body["messages"]
        return list(messages[-1]["content"])

    def texts(self, request: int = -1) -> list[str]:
        """The texts of what the model was told."""
        return [text for block in self.told(request) for text in _texts(block)]


def waits(approval: OpenApproval) -> bool:
    return approval.status == "pending"


def _texts(block: dict[str, Any]) -> list[str]:
    if block["type"] == "tool_result":
        return [part["text"] for part in block["content"] if part["type"] == "text"]
    return [block["text"]]


def furnish(folder: Path, prompt: str = "Read it.") -> Path:
    """Lay the files out; give the workflow's."""
    shutil.copy(_HERE / "desk_tools.py", folder / "desk_tools.py")
    text = (_HERE / "desk.yaml").read_text(encoding="utf-8").replace("PROMPT", prompt)
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    return folder / "desk.yaml"


@asynccontextmanager
async def opened_desk(
    folder: Path,
    answers: Answers,
    clock: Clock | None = None,
    prices: Prices | None = None,
    given: Mapping[str, str] | None = None,
) -> AsyncGenerator[Desk]:
    """Serve the desk of this folder. `given` is in the environment besides."""
    with messages_api(answers) as api:
        async with opened_access({**api.environment, **(given or {})}, prices or FixedPrices()) as access:
            assert isinstance(access, Access)
            database = str(folder / "desk.sqlite3")
            files = [folder / "desk.yaml"]
            async with open_application(database, files, clock=clock, caretaking=True, access=access) as opened:
                yield Desk(opened, api)

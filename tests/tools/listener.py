"""Somebody who waits for a call, as a test wants them: what they answer, and what they have heard."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from pointsman.contracts.values import Json, JsonObject
from pointsman.tools import CallContext
from pointsman.tools.conversation import ELICIT, Question
from pointsman.tools.errors import Unanswered
from pointsman.tools.talk import Talk


class Listener:
    """Fills the port `Waiter`. With `answer` None nothing is answered; with `mute` nothing can be asked.

    It answers when `thought` is set.
    """

    def __init__(
        self,
        answer: JsonObject | None = None,
        *,
        mute: bool = False,
        listens: bool = True,
        methods: Collection[str] = (ELICIT,),
    ) -> None:
        self.methods = methods
        self.answer = answer
        self.mute = mute
        self.listens = listens
        self.asked = asyncio.Event()
        self.thought = asyncio.Event()
        self.thought.set()
        self.began_s: float | None = None
        self.sessions: list[str] = []
        self.heard: list[tuple[float, float | None, str | None]] = []
        self.questions: list[Mapping[str, Question]] = []
        self.logged: list[tuple[str, Json, str]] = []
        self.lacking: list[str] = []

    @property
    def asked_s(self) -> float:
        return 0.0 if self.began_s is None else asyncio.get_running_loop().time() - self.began_s

    @property
    def patience_s(self) -> float | None:
        return None

    async def put(self, question: Question) -> JsonObject | None:
        return (await self.ask({"review": question})).get("review")

    def begun(self, session: str) -> None:
        self.sessions.append(session)

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        self.heard.append((done, total, message))

    async def log(self, level: str, data: Json, logger: str) -> None:
        self.logged.append((level, data, logger))

    def lack(self, method: str) -> None:
        self.lacking.append(method)

    def takes(self, method: str) -> bool:
        return method in self.methods and not self.mute

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        self.questions.append(questions)
        self.began_s = asyncio.get_running_loop().time()
        self.asked.set()
        await self.thought.wait()
        if self.answer is None:
            raise Unanswered
        return dict.fromkeys(questions, self.answer)


def heard_by(listener: Listener | None) -> CallContext:
    """A call that this one waits for."""
    return CallContext(session="s-1", call="7", key="k-1", attempt=1, who="ada", talk=Talk(listener))

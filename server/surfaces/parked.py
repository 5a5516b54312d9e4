"""Asks a client of the revision of 2026-07-28, which is sent no requests: it comes back with the answer.

A call that asks is answered by what it asks, and a state by which it is found again when the client
makes the same call with the answers. The governed call itself goes on meanwhile, once: nothing is run
a second time. The state is sealed where it leaves (`mcp_server`); it names a call of this process.

A client that never comes back leaves a question without an answer, and the call goes on with that.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Mapping
from typing import TypeVar, cast

from mcp_types import ClientCapabilities, InputRequest, InputRequiredResult, InputResponse
from pydantic import BaseModel, ValidationError

from pointsman.contracts.values import JsonObject
from pointsman.tools.conversation import Question
from pointsman.tools.errors import Unanswered

from ..bounds import PARKED_CALLS
from .asking import can_take, request_of
from .progress import Report

_Result = TypeVar("_Result", bound=BaseModel)


class ParkedCall:
    """A call whose client comes back. Fills the port `Channel`.

    Args:
        parked: The calls of this process.
        capabilities: What the client says that it can do.
        given: Answers that it brought along before it was asked.
        report: How it is told of progress; None while it is not.
    """

    def __init__(
        self,
        parked: Parked,
        capabilities: ClientCapabilities | None,
        given: Mapping[str, InputResponse],
        report: Report | None,
    ) -> None:
        self._parked = parked
        self._capabilities = capabilities
        self._given = {key: _written(answer) for key, answer in given.items()}
        self._open: dict[str, tuple[InputRequest, asyncio.Future[JsonObject]]] = {}
        self.asks = asyncio.Event()
        self.comes_back = True
        self.report = report

    def takes(self, method: str) -> bool:
        """Whether the client can be asked this, and has room to come back to."""
        return self._parked.room and can_take(method, self._capabilities)

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        """Ask all of this, and wait until the client has come back with every answer."""
        waits: dict[str, asyncio.Future[JsonObject]] = {}
        answers: dict[str, JsonObject] = {}
        for key, question in questions.items():
            name = self._name(key)
            if key in self._given:
                answers[key] = self._given.pop(key)
                continue
            try:
                request = request_of(question)
            except ValidationError:
                continue
            waits[key] = asyncio.get_running_loop().create_future()
            self._open[name] = (request, waits[key])
        try:
            if waits:
                self.asks.set()
                await asyncio.wait(waits.values())
            return {**answers, **{key: wait.result() for key, wait in waits.items()}}
        finally:
            mine = set(waits.values())
            self._open = {name: one for name, one in self._open.items() if one[1] not in mine}
            self._note()

    async def tell(self, number: float, total: float | None, message: str) -> None:
        """Tell of progress, if the client waits and wants to know."""
        if self.report is not None:
            await self.report(number, total, message)

    def answer(self, answers: Mapping[str, InputResponse]) -> None:
        """Hear what the client has brought along; what was not asked is left."""
        for name, answer in answers.items():
            if name in self._open:
                self._open.pop(name)[1].set_result(_written(answer))
        self._note()

    def give_up(self) -> None:
        """Leave what has not been answered without an answer."""
        for _, wait in self._open.values():
            if not wait.done():
                wait.set_exception(Unanswered("the server stops"))

    def required(self) -> dict[str, InputRequest]:
        """Give what has not been answered."""
        return {name: request for name, (request, _) in self._open.items()}

    def _note(self) -> None:
        if not self._open:
            self.asks.clear()

    def _name(self, key: str) -> str:
        """Give a question the tool's own key, as far as it is free."""
        name = key or "question"
        while name in self._open:
            name += "_"
        return name


class Parked:
    """The calls of a server process whose clients have been asked something, by the state that finds them."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[str, ParkedCall, asyncio.Task[BaseModel]]] = {}

    @property
    def room(self) -> bool:
        """Whether another call may wait for its client."""
        return len(self._waiting) < PARKED_CALLS

    async def aclose(self) -> None:
        """Let the calls that wait end without their answers."""
        waiting = [(call, task) for _, call, task in self._waiting.values()]
        for call, _ in waiting:
            call.give_up()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)

    async def begin(
        self, owner: str, call: ParkedCall, work: Coroutine[None, None, _Result]
    ) -> _Result | InputRequiredResult:
        """Make a call for this owner; give its result, or what it asks the client that comes back."""
        task = asyncio.create_task(work)
        asked = await self._asked(owner, call, task)
        return task.result() if asked is None else asked

    async def resume(
        self, owner: str, state: str, answers: Mapping[str, InputResponse], report: Report | None
    ) -> BaseModel | None:
        """Go on with a call: its client has come back with answers. None if it has ended, or is somebody else's."""
        found = self._waiting.get(state)
        if found is None or found[0] != owner:
            return None
        del self._waiting[state]
        _, call, task = found
        call.report = report
        call.answer(answers)
        asked = await self._asked(owner, call, task)
        return task.result() if asked is None else asked

    async def _asked(self, owner: str, call: ParkedCall, task: asyncio.Task[_Result]) -> InputRequiredResult | None:
        """Wait until a call has ended or asks; give what it asks."""
        asks = asyncio.create_task(call.asks.wait())
        try:
            await asyncio.wait({task, asks}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()  # the client has gone; what has begun goes on without it
            raise
        finally:
            asks.cancel()
        if task.done():
            return None
        call.report = None
        state = secrets.token_urlsafe(24)
        self._waiting[state] = (owner, call, cast("asyncio.Task[BaseModel]", task))
        task.add_done_callback(lambda _: self._waiting.pop(state, None))
        return InputRequiredResult(input_requests=call.required(), request_state=state)


def _written(answer: InputResponse) -> JsonObject:
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

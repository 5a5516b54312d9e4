"""Drives the turns of models that this process has: asks, records the answer, and has each wish in it judged.

Every turn is open in the machine before it is asked, and its answer recorded before anything in it is done. What a
model wishes goes through the governor like any agent's call, one after the other. A process that ends leaves the turn
open: another one takes it over, and goes on from the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import JsonObject, canonical, digest, digest_text
from pointsman.contracts.workflow import AgentState, Model
from pointsman.fsm.allowed import allowed
from pointsman.fsm.commands import Answer as Answered
from pointsman.fsm.commands import Ask
from pointsman.fsm.model_turns import OpenTurn, TurnResult
from pointsman.fsm.opening import model_of
from pointsman.fsm.redaction import REDACTED
from pointsman.fsm.session import Actor, Session
from pointsman.tools.models.port import Models, NoAnswer, Prices, Question

from ..bounds import MODEL_FAILURES, MODEL_WAIT_MS, STAY_ROWS
from ..catalogue import Served
from ..replies import Caller
from ..store.reading import each_row
from ..store.rows import read_fact
from .conversation import Conversation, Row, Wish, stored_before, wishes
from .instructions import context_text, events_listed, offered, prompt_text, system_texts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor

_log = structlog.get_logger(__name__)
CHANNEL: Final = "model"
_BROKEN: Final = "the server could not ask the model; its log says why"


@dataclass(frozen=True, slots=True)
class Access:
    """What is needed to ask models.

    `has_key` looks whether there is a key, which may take a while. `heard` is told of what models say while it comes,
    by sessions.
    """

    models: Models
    prices: Prices
    has_key: Callable[[], bool] = lambda: True
    heard: Callable[[str, str], None] | None = None


@dataclass(frozen=True, slots=True)
class Hired:
    """An agent that is a model driven from here: who calls, and the model it is."""

    caller: Caller
    model: Model


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question, and what it is made of."""

    question: Question
    prompt_digest: str
    schema_digest: str


class Driver:
    """Drives the turns of one governor's sessions that are this process's."""

    def __init__(self, governor: Governor, access: Access) -> None:
        self._governor = governor
        self._access = access
        self._driving: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._hired: dict[str, Hired] = {}
        self._closing = asyncio.Event()

    def hire(self, session: str, hired: Hired) -> None:
        """Drive the agent of a session from now on, in the states that are an agent's."""
        self._hired[session] = hired

    def is_driving(self, session: Session) -> bool:
        """Whether the model of this stay is driven here now."""
        return (session.id, session.stay.number) in self._driving

    async def begin(self, session: Session) -> None:
        """Ask the model that is this session's agent, for the first time in this stay or from where it was left."""
        turn, hired = session.stay.turn, self._hired[session.id]
        number = 1 if turn is None else turn.number
        name = f"ask:{session.stay.number}.{number}.{self._governor.instance}"
        await self._submit(session, Ask(session.stay.number, number, hired.model), name)

    def drive(self, served: Served, session: Session) -> None:
        """Drive the session's turn, if this process has it and does not drive it yet."""
        turn, key = session.stay.turn, (session.id, session.stay.number)
        if turn is None or turn.instance != self._governor.instance or self._closing.is_set():
            return
        if key not in self._driving and (session.stay.actor == "model" or session.id in self._hired):
            task = asyncio.create_task(self._drive(served, *key), name=f"model {session.id}")
            self._driving[key] = task
            task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: tuple[str, int], task: asyncio.Task[None]) -> None:
        self._driving.pop(key, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a model is not driven any more; start the server again", session=key[0])

    async def aclose(self) -> None:
        """Ask nothing more. What is being answered is given up; what is being done is done first."""
        self._closing.set()
        while self._driving:
            await asyncio.wait(list(self._driving.values()))

    async def _drive(self, served: Served, session_id: str, stay: int) -> None:
        clear: tuple[JsonObject, ...] = ()
        failures = 0
        while not self._closing.is_set():
            try:
                session = await self._governor.engine.read(session_id)
                turn = None if session is None else session.stay.turn
                if session is None or turn is None or not self._is_ours(session, stay, turn):
                    return
                if not turn.answered and failures >= MODEL_FAILURES:
                    await self._record(session, turn, TurnResult(turn.model, "", "", error=_BROKEN))
                elif not turn.answered:
                    clear = await self._ask(served, session, turn)
                elif not await self._go_on(served, session, turn, clear):
                    return
            except Exception:  # whatever is wrong with this session, it does not stand still in silence
                failures += 1
                _log.exception("a model's turn failed", session=session_id, failures=failures)
                if failures > MODEL_FAILURES:
                    raise
                await asyncio.sleep(MODEL_WAIT_MS / 1000)

    def _is_ours(self, session: Session, stay: int, turn: OpenTurn) -> bool:
        here = session.ended is None and session.stay.number == stay and session.stay.leaving is None
        return here and turn.instance == self._governor.instance

    # Asking.

    async def _ask(self, served: Served, session: Session, turn: OpenTurn) -> tuple[JsonObject, ...]:
        """Ask, and record what came of it. Gives the answer in clear; nothing where this process is to end."""
        state = served.workflow.states[session.state]
        if not isinstance(state, AgentState):
            return ()
        model = model_of(state, turn.reading) or self._hired[session.id].model
        try:
            asking = await self._asking(served, session, state, model, turn)
        except PointsmanError as error:
            await self._record(session, turn, TurnResult(turn.model, "", "", error=str(error)))
            return ()
        result = await self._answered(session, asking)
        if result is None:
            return ()
        await self._record(session, turn, result)
        return result.content

    async def _asking(
        self, served: Served, session: Session, state: AgentState, model: Model, turn: OpenTurn
    ) -> _Asking:
        prompt = await asyncio.to_thread(prompt_text, model.prompt, served.path.parent)
        system = system_texts(served.workflow, state, prompt)
        tools = offered(allowed(served.workflow, session))
        talk = await self._conversation(session, state, turn)
        return _Asking(
            Question(turn.model, system, tools, talk.messages(), model.max_tokens, model.timeout_ms),
            prompt_digest=digest_text("\n\n".join(system)),
            schema_digest=digest([[one.name, one.description, one.input_schema] for one in tools]),
        )

    async def _answered(self, session: Session, asking: _Asking) -> TurnResult | None:
        heard = self._access.heard
        asked = asyncio.create_task(
            self._access.models.ask(asking.question, None if heard is None else lambda text: heard(session.id, text))
        )
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({asked, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            if not asked.done():
                asked.cancel()
        if not asked.done() or asked.cancelled():
            await asyncio.wait({asked})
            return None
        digests = (asking.question.model, asking.prompt_digest, asking.schema_digest)
        try:
            answer = asked.result()
        except NoAnswer as error:
            return TurnResult(*digests, error=str(error), attempts=error.attempts, duration_ms=error.duration_ms)
        prices = self._access.prices
        cost_usd = prices.cost_usd(answer.model, answer.tokens)
        if cost_usd is None:
            cost_usd = prices.cost_usd(asking.question.model, answer.tokens)
        return TurnResult(
            *digests,
            answered_by=answer.model,
            tokens=answer.tokens,
            cost_usd=cost_usd,
            stop_reason=answer.stop_reason,
            attempts=answer.attempts,
            duration_ms=answer.duration_ms,
            request=answer.request,
            content=answer.content,
        )

    async def _record(self, session: Session, turn: OpenTurn, result: TurnResult) -> None:
        name = f"answer:{session.stay.number}.{turn.number}.{turn.attempt}"
        await self._submit(session, Answered(session.stay.number, turn.number, result), name)

    async def _submit(self, session: Session, request: Ask | Answered, name: str) -> None:
        """Submit what must not be lost: an answer has been paid for."""
        hired = self._hired.get(session.id) if session.stay.actor == "agent" and isinstance(request, Ask) else None

        async def submit() -> None:
            await self._governor.submit_turn(session, request, name, None if hired is None else hired.caller)

        await asyncio.shield(asyncio.create_task(self._governor.performer.patiently(submit, session, name)))

    # Doing what an answer wants.

    async def _go_on(self, served: Served, session: Session, turn: OpenTurn, clear: tuple[JsonObject, ...]) -> bool:
        """Do the next thing that the answer wants; when all is done, ask again. False where that leads nowhere."""
        state = served.workflow.states[session.state]
        if not isinstance(state, AgentState):
            return False
        talk = await self._conversation(session, state, turn)
        if not talk.has_answer(turn.number):
            return False  # of an agent that is driven from here: it is told by whoever drives it
        if await self._done(session, turn, talk, clear):
            following = turn.number + 1
            model = None if session.stay.actor == "model" else self._hired[session.id].model
            ask = Ask(session.stay.number, following, model)
            await self._submit(session, ask, f"ask:{session.stay.number}.{following}")
            now = await self._governor.engine.read(session.id)
            return now is not None and now.revision > session.revision
        return True

    async def _done(self, session: Session, turn: OpenTurn, talk: Conversation, clear: tuple[JsonObject, ...]) -> bool:
        """Do the next thing that the answer wants. True when all is done, and the model can be told."""
        wanted = talk.wishes_of(turn.number)
        in_clear = wishes(session.stay.number, turn.number, clear)
        for index, wish in enumerate(wanted):
            outcome = talk.outcome(wish)
            if outcome is None:
                asked = in_clear[index] if index < len(in_clear) and in_clear[index].id == wish.id else wish
                if REDACTED not in canonical(asked.arguments):
                    await self._act(session, turn, asked)
                    return False
            elif not outcome.is_known:
                await self._governor.engine.wait_for_change(session.id, session.revision, MODEL_WAIT_MS)
                return False
        return True

    async def _act(self, session: Session, turn: OpenTurn, wish: Wish) -> None:
        if session.stay.actor == "model":
            actor = Actor("model", turn.model, owner=session.started_by, session=session.id)
            caller = Caller(actor, None, CHANNEL)
        else:
            caller = self._hired[session.id].caller
        await self._governor.carry_out(caller, session, wish.name, wish.arguments, wish.command)

    async def _conversation(self, session: Session, state: AgentState, turn: OpenTurn) -> Conversation:
        engine, stay = self._governor.engine, session.stay
        found = await engine.reading(_stay_rows, session.id, stay.revision - 1)
        stored: dict[int, JsonObject] = {}
        for revision in stored_before(found):
            result, _ = await self._governor.stored(session, revision)
            stored[revision] = {"result": result}
        events = events_listed(dict(state.events))
        return Conversation(context_text(session, state), stay.number, turn.reading, found, events, stored)


def _stay_rows(connection: Connection, session: str, after: int) -> list[Row]:
    return [Row(row.revision, read_fact(row)) for row in each_row(connection, session, after, STAY_ROWS)]

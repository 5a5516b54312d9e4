"""Drives the turns of models that this process has: asks, records the answer, and has each wish in it judged.

Every turn is open in the machine before it is asked, and its answer recorded before anything in it is done. What a
model wishes goes through the governor like any agent's call, one after the other. A process that ends leaves the turn
open: another one takes it over, and goes on from the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import structlog

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.prompts import prompt_text
from pointsman.contracts.values import JsonObject, canonical, digest, digest_text
from pointsman.contracts.workflow import AgentState, Model, Workflow
from pointsman.fsm.allowed import allowed
from pointsman.fsm.commands import Answer as Answered
from pointsman.fsm.commands import Ask
from pointsman.fsm.decision import Decision
from pointsman.fsm.driving import no_price
from pointsman.fsm.limits import is_over_budget, limits_cost
from pointsman.fsm.model_turns import OpenTurn, Tokens, TurnResult
from pointsman.fsm.opening import model_of
from pointsman.fsm.redaction import REDACTED, hides_argument, tool_named
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor, Session
from pointsman.tools.models.port import Models, NoAnswer, NotAskable, Prices, Question

from ..bounds import LEASE_MS, MODEL_FAILURES, MODEL_WAIT_MS, STAY_ROWS
from ..catalogue import Served
from ..errors import ConversationTooLong, NothingDone, StoreError
from ..replies import Caller
from ..store.recalling import rows_of_models
from ..store.rows import read_fact
from .arguments import own_arguments, recorded
from .conversation import Conversation, Row, Wish, stored_before, wishes
from .failures import log_failure
from .hired import Hired
from .instructions import context_text, events_listed, offered, system_texts
from .outcomes import of_stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor

_log = structlog.get_logger(__name__)
CHANNEL: Final = "model"
_BROKEN: Final = "the server could not ask the model; its log says why"


@dataclass(frozen=True, slots=True)
class Access:
    """What is needed to ask models.

    `check` raises `NotAskable` where none can be asked, such as for want of a key. It may take a while.
    """

    models: Models
    prices: Prices
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Doing:
    """The answer to a turn that is being done: its content, if this process has heard it, and what it wants, once that
    was read back.
    """

    turn: int
    content: tuple[JsonObject, ...]
    wanted: tuple[Wish, ...] | None = None


_Told: TypeAlias = tuple[TurnResult, NoAnswer | None]


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

    async def finished(self, session: str) -> bool:
        """Wait until nothing of a session is driven here; give whether there was anything to wait for."""
        tasks = [task for (other, _), task in self._driving.items() if other == session]
        if tasks:
            await asyncio.wait(tasks)
        return bool(tasks)

    async def begin(self, session: Session) -> Refusal | None:
        """Ask the model that is this session's agent, for the first time in this stay or from where it was left.

        Gives why not, where it may not be asked: somebody else drives it, or may.
        """
        turn, hired = session.stay.turn, self._hired[session.id]
        number = 1 if turn is None else turn.number
        gone = None if turn is None else await self._gone(turn.instance)
        name = f"ask:{session.stay.number}.{number}.{self._governor.instance}"
        return (await self._submit(session, Ask(session.stay.number, number, hired.model, gone), name)).refusal

    async def _gone(self, instance: str) -> str | None:
        """Give a process that has ended; None where it still shows life after the time it has for that."""
        for _ in range((LEASE_MS + MODEL_WAIT_MS) // MODEL_WAIT_MS):
            if instance == self._governor.instance:
                return None
            if await self._governor.engine.dead_instances({instance}):
                return instance
            await asyncio.sleep(MODEL_WAIT_MS / 1000)
        return None

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
        before = [task for (other, number), task in self._driving.items() if other == session_id and number != stay]
        if before:  # what a question has cost is known before the session asks the next
            await asyncio.wait(before)
        doing: _Doing | None = None
        failures, at = 0, (0, False, 0)
        while not self._closing.is_set():
            try:
                session = await self._governor.engine.read(session_id)
                turn = None if session is None else session.stay.turn
                if session is None or turn is None or not self._is_ours(session, stay, turn):
                    return
                if at != (here := (turn.number, turn.answered, turn.wishes)):  # what went wrong before is over
                    failures, at = 0, here
                if failures >= MODEL_FAILURES:
                    doing = await self._give_up(session, turn)
                elif not turn.answered:
                    doing = _Doing(turn.number, await self._ask(served, session, turn))
                else:
                    doing = await self._go_on(served, session, turn, doing)
                if turn.answered and doing is None:
                    return
            except Exception:  # whatever is wrong with this session, it does not stand still in silence
                failures += 1
                _log.exception("a model's turn failed", session=session_id, failures=failures)
                if failures > MODEL_FAILURES:
                    raise
                await asyncio.sleep(MODEL_WAIT_MS / 1000)

    async def _give_up(self, session: Session, turn: OpenTurn) -> _Doing | None:
        """Record that the model could not be asked, or tell it that what is left of its answer cannot be done here."""
        if turn.answered:
            return await self._ask_again(session, turn, _Doing(turn.number, ()))
        await self._record(session, turn, TurnResult(turn.model, "", "", error=_BROKEN))
        return None

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
            await self._record(session, turn, TurnResult(turn.model, "", "", attempts=0, error=str(error)), error)
            return ()
        told = await self._answered(session, turn, asking)
        if told is None:
            return ()
        result, why = told
        result = replace(result, content=recorded(served.workflow, state, result.content))
        try:
            await self._record(session, turn, result, why)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 -- it has been paid for, whatever is in it that cannot be recorded
            _log.exception("an answer could not be recorded", session=session.id, turn=turn.number)
            await self._record(session, turn, replace(result, content=(), request=None, error=_BROKEN))
            return ()
        return result.content

    async def _asking(
        self, served: Served, session: Session, state: AgentState, model: Model, turn: OpenTurn
    ) -> _Asking:
        if limits_cost(served.workflow, state) and self._cost_usd(turn.model, None, Tokens()) is None:
            raise NotAskable(no_price(turn.model))
        system = system_texts(served.workflow, state, prompt_text(served.workflow, model))
        tools = offered(allowed(served.workflow, session))
        talk = await self._conversation(session, state, turn)
        return _Asking(
            Question(turn.model, system, tools, talk.messages(), model.max_tokens, model.timeout_ms),
            prompt_digest=digest_text("\n\n".join(system)),
            schema_digest=digest([[one.name, one.description, one.input_schema] for one in tools]),
        )

    async def _answered(self, session: Session, turn: OpenTurn, asking: _Asking) -> _Told | None:
        """Ask, and give what was answered, or why nothing was; None where this process is to end."""
        hired = self._hired.get(session.id)
        again = None if hired is None else hired.again

        async def wanted() -> bool:
            now = await self._governor.engine.read(session.id)
            current = None if now is None else now.stay.turn
            return now is not None and current is not None and self._is_ours(now, session.stay.number, current)

        asked = asyncio.create_task(self._access.models.ask(asking.question, wanted, again))
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({asked, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            if not asked.done():
                asked.cancel()
        await asyncio.wait({asked})
        if asked.cancelled() or (self._closing.is_set() and asked.exception() is not None):
            return None  # what is answered all the same has been paid for, and is recorded
        digests = (turn.model, asking.prompt_digest, asking.schema_digest)
        try:
            answer = asked.result()
        except NoAnswer as error:
            failed = TurnResult(
                *digests,
                error=str(error),
                tokens=error.tokens,
                cost_usd=self._cost_usd(turn.model, None, error.tokens),
                attempts=error.attempts,
                duration_ms=error.duration_ms,
            )
            return failed, error
        answered = TurnResult(
            *digests,
            answered_by=answer.model,
            tokens=answer.tokens,
            cost_usd=self._cost_usd(turn.model, answer.model, answer.tokens),
            stop_reason=answer.stop_reason,
            attempts=answer.attempts,
            duration_ms=answer.duration_ms,
            request=answer.request,
            content=answer.content,
        )
        return answered, None

    def _cost_usd(self, model: str, answered_by: str | None, tokens: Tokens) -> float | None:
        """Give the cost by the dearer of the model that was asked and the one that says it has answered."""
        names = (model,) if answered_by is None else (model, answered_by)
        costs = [cost for name in names if (cost := self._access.prices.cost_usd(name, tokens)) is not None]
        return max(costs, default=None)

    async def _record(
        self, session: Session, turn: OpenTurn, result: TurnResult, why: PointsmanError | None = None
    ) -> None:
        name = f"answer:{session.stay.number}.{turn.number}.{turn.attempt}"
        answered = Answered(session.stay.number, turn.number, turn.attempt, result)
        decision = await self._submit(session, answered, name)
        if session.id not in self._hired:  # whoever drives it from here sees its rows
            log_failure(decision, session.id, why)

    async def _submit(self, session: Session, request: Ask | Answered, name: str) -> Decision:
        """Submit what must not be lost: an answer has been paid for."""
        hired = self._hired.get(session.id) if session.stay.actor == "agent" and isinstance(request, Ask) else None

        async def submit() -> Decision:
            return await self._governor.submit_turn(session, request, name, None if hired is None else hired.caller)

        return await asyncio.shield(asyncio.create_task(self._governor.performer.patiently(submit, session, name)))

    # Doing what an answer wants.

    async def _go_on(self, served: Served, session: Session, turn: OpenTurn, doing: _Doing | None) -> _Doing | None:
        """Do the next thing that the answer wants; when all is done, ask again. None where that leads nowhere."""
        state = served.workflow.states[session.state]
        if not isinstance(state, AgentState):
            return None
        spent = is_over_budget(served.workflow, session)
        if doing is None or doing.wanted is None or spent or turn.wishes >= len(doing.wanted):
            talk = await self._read_back(session, state, turn)
            if talk is not None and not talk.has_answer(turn.number):
                return None  # of an agent that is driven from here: it is told by whoever drives it
            wanted = () if talk is None or spent else talk.wishes_of(turn.number)
            doing = _Doing(turn.number, () if doing is None else doing.content, wanted)
            if turn.wishes >= len(wanted):
                return await self._end(session, turn, doing, talk)
        if session.stay.open:  # one after the other
            await self._governor.engine.wait_for_change(session.id, session.revision, MODEL_WAIT_MS)
            return doing
        wish = _in_clear(session, turn, doing, served.workflow)
        if wish is None:
            return await self._ask_again(session, turn, doing)
        arguments = own_arguments(served.workflow, state, wish.name, wish.arguments)
        await self._act(session, turn, replace(wish, arguments=arguments))
        now = await self._governor.engine.read(session.id)
        same = now is not None and now.stay.number == session.stay.number and now.stay.turn == turn
        if same and now is not None and now.stay.leaving is None:
            raise NothingDone(f"{wish.command} has left no row")
        return doing

    async def _read_back(self, session: Session, state: AgentState, turn: OpenTurn) -> Conversation | None:
        """Give the conversation; None where it is too long: the next turn fails of it, and nothing more is done."""
        try:
            return await self._conversation(session, state, turn)
        except ConversationTooLong:
            return None

    async def _end(self, session: Session, turn: OpenTurn, doing: _Doing, talk: Conversation | None) -> _Doing | None:
        """Ask again, when it is known what came of everything that the answer wanted."""
        under_way = [one for one in doing.wanted or () if talk is not None and not talk.is_known(one)]
        if under_way or session.stay.open:
            await self._governor.engine.wait_for_change(session.id, session.revision, MODEL_WAIT_MS)
            return doing
        return await self._ask_again(session, turn, doing)

    async def _ask_again(self, session: Session, turn: OpenTurn, doing: _Doing) -> _Doing | None:
        following = turn.number + 1
        model = None if session.stay.actor == "model" else self._hired[session.id].model
        ask = Ask(session.stay.number, following, model)
        await self._submit(session, ask, f"ask:{session.stay.number}.{following}")
        now = await self._governor.engine.read(session.id)
        return doing if now is not None and now.revision > session.revision else None

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
        if len(found) >= STAY_ROWS:
            raise ConversationTooLong  # what is not read would be done a second time
        stored = {at: of_stored(*await self._governor.stored(session, at)) for at in stored_before(found)}
        events = events_listed(dict(state.events))
        return Conversation(context_text(session, state), stay.number, turn.reading, found, events, stored)


def _in_clear(session: Session, turn: OpenTurn, doing: _Doing, workflow: Workflow) -> Wish | None:
    """Give the next wish as the model said it; None where a part of it is not kept, and nobody here has heard it."""
    kept = (doing.wanted or ())[turn.wishes]
    heard = wishes(session.stay.number, turn.number, doing.content) if doing.turn == turn.number else ()
    if turn.wishes < len(heard) and heard[turn.wishes].id == kept.id:
        return heard[turn.wishes]
    tool = tool_named(workflow, kept.name)
    hides = tool is not None and hides_argument(workflow.tools[tool], kept.arguments)
    return None if hides and REDACTED in canonical(kept.arguments) else kept


def _stay_rows(connection: Connection, session: str, after: int) -> list[Row]:
    return [Row(row.revision, read_fact(row)) for row in rows_of_models(connection, session, after, STAY_ROWS)]

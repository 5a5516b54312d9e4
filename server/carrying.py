"""Carries requests out: has them judged, makes the reads that they need or ask for, and answers.

What may happen is the machine's to say. A read that it permits runs before it is committed, with its outcome; a write
is committed first, and run by the performer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from pointsman.contracts.workflow import AgentState, Evidence
from pointsman.fsm.commands import Call, Command, Decide, Observe, Read, Request, Send
from pointsman.fsm.decide import decide
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import CallResult
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.session import Session

from .answering import Answering
from .answers import reply_to_call
from .catalogue import Catalogue, Served
from .clock import Clock
from .deciding import Decider
from .engines.embedded import EmbeddedEngine
from .performer import Performer, Report
from .replies import Caller, Reply, Stray, Waiter


@dataclass(frozen=True, slots=True)
class Way:
    """How a request is carried out: the name that the rows have it by (None: a new one), and whether the answer waits
    until the session rests.
    """

    name: str | None = None
    waits: bool = True


USUAL: Final = Way()


class Commands(Protocol):
    """Makes the command of a request."""

    def __call__(self, caller: Caller, request: Request, command_id: str | None = None) -> Command:
        """Make it, under this name or a new one."""
        ...


class Carrier:
    """Carries out the requests of one process's governor."""

    def __init__(  # noqa: PLR0913, PLR0917 -- the governor's parts
        self,
        engine: EmbeddedEngine,
        catalogue: Catalogue,
        decider: Decider,
        performer: Performer,
        answering: Answering,
        follow: Report,
        command: Commands,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._decider = decider
        self._performer = performer
        self._answering = answering
        self._follow = follow
        self._command = command
        self._clock = clock
        self._reads: dict[str, dict[str, tuple[Read, asyncio.Task[Decision]]]] = {}

    async def call(
        self,
        caller: Caller,
        served: Served,
        before: Session,
        request: Call,
        waiter: Waiter | None = None,
        way: Way = USUAL,
    ) -> Reply | Stray:
        """Carry out a call of a tool.

        Args:
            caller: Who asks.
            served: The session's workflow.
            before: The session as the caller knows it.
            request: What is asked.
            waiter: Whoever waits for the reply.
            way: How it is named and answered.
        """
        tool = request.tool
        state = served.workflow.states[before.state]
        use = state.tools.get(tool) if isinstance(state, AgentState) else None
        if use is not None:  # a server whose tools have changed is to be known before the call is judged
            await served.sources.prepare(served.workflow.tools[tool])
            served = await self._catalogue.recall(before.definition, self._engine) or served
        await self._in_flight(before, use.evidence if use is not None else ())
        now = before
        fetched: tuple[str, ...] = ()
        while True:
            running = [read for read, _ in self._reads.get(now.id, {}).values() if read.stay == now.stay.number]
            of_tool = sum(1 for read in running if read.tool == tool)
            counted_in = replace(request, in_flight=len(running), in_flight_of_tool=of_tool, fetched=fetched)
            command = self._command(caller, counted_in, way.name)
            decision = decide(served.workflow, now, command)
            if decision.read is None and not decision.fetch:
                decision = await self._decider.decided(now.id, command)
                now = decision.session or now
            if decision.read is not None:  # a read makes no fact before it has ended
                return await self._read(caller, served, now, decision.read, waiter)
            if not decision.fetch:
                return await self._answered(served, before, decision, waiter, way)
            fetched = (*fetched, *await self._fetched(served, now, decision))
            now = await self._engine.read(now.id) or now

    async def _read(
        self, caller: Caller, served: Served, before: Session, read: Read, waiter: Waiter | None
    ) -> Reply | Stray:
        """Run a permitted read, commit it with its outcome, and answer."""
        result: CallResult | None = None

        async def run() -> Decision:
            nonlocal result
            result = await self._performer.read(served, before, read, waiter)
            return await self._decider.decided(before.id, self._command(caller, Observe(read, result), read.id))

        task = asyncio.create_task(run())
        reads = self._reads.setdefault(before.id, {})
        reads[read.id] = (read, task)
        try:
            decision = await task
        finally:
            del reads[read.id]
            if not reads:
                self._reads.pop(before.id, None)
        if result is None or decision.session is None:
            return Stray(decision.refusal or NOT_FOUND)
        self._performer.run_open(served, decision.session, decision.clear)
        return reply_to_call(served.workflow, before, decision.session, decision, result)

    async def send(
        self,
        caller: Caller,
        served: Served,
        before: Session,
        request: Send,
        way: Way = USUAL,
    ) -> Reply | Stray:
        """Carry out an event."""
        state = served.workflow.states[before.state]
        contract = state.events.get(request.event) if isinstance(state, AgentState) else None
        await self._in_flight(before, contract.evidence if contract is not None else ())
        return await self.submit(caller, served, before, request, way)

    async def _in_flight(self, session: Session, evidence: Sequence[Evidence]) -> None:
        """Wait for reads that are needed as evidence and that still run."""
        tools = {one.tool for one in evidence}
        tasks = [task for read, task in self._reads.get(session.id, {}).values() if read.tool in tools]
        if tasks:
            await asyncio.wait(tasks)

    async def submit(
        self,
        caller: Caller,
        served: Served,
        before: Session,
        request: Request,
        way: Way = USUAL,
    ) -> Reply | Stray:
        """Have a request decided, run what that opens, and answer."""
        decision = await self.proven(served, before, self._command(caller, request, way.name))
        return await self._answered(served, before, decision, None, way)

    async def proven(self, served: Served, session: Session, command: Command) -> Decision:
        """Have a command decided, and make the reads that it needs as evidence, each once."""
        while True:
            decision = await self._decider.decided(session.id, command)
            request = command.request
            if not decision.fetch or not isinstance(request, Send | Decide):
                return decision
            fetched = (*request.fetched, *await self._fetched(served, session, decision))
            command = replace(command, at=self._clock.now_ms(), request=replace(request, fetched=fetched))

    async def _fetched(self, served: Served, session: Session, decision: Decision) -> tuple[str, ...]:
        """Make the reads that a request needs as evidence, and name that evidence."""
        results = await asyncio.gather(*(self._performer.read(served, session, one.read) for one in decision.fetch))
        for one, result in zip(decision.fetch, results, strict=True):
            await self._follow(session, Observe(one.read, result), one.read.id)
        return tuple(one.evidence for one in decision.fetch)

    async def _answered(
        self, served: Served, before: Session, decision: Decision, waiter: Waiter | None, way: Way
    ) -> Reply | Stray:
        if way.waits:
            return await self._answering.answer(served, before, decision, waiter)
        return self._answering.at_once(served, before, decision)

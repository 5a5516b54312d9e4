"""Starts sessions for callers: new ones, and those that are known by what they are started for, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pointsman.contracts.values import JsonObject, canonical, settled_object
from pointsman.fsm.commands import Command, Request, Start
from pointsman.fsm.gate import NOT_FOUND, may_know
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from .catalogue import Catalogue, Served
from .deciding import Decider
from .engines.embedded import EmbeddedEngine
from .errors import UnknownDefinition
from .finding import Finder
from .performer import Performer
from .replies import Caller, Stray
from .store.rows import body_of
from .store.searching import audit_row


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was started; `repeated` says that it was there before."""

    served: Served
    session: Session
    repeated: bool


class Starter:
    """Starts the sessions of a governor. `command` makes the command of a caller's request."""

    def __init__(
        self,
        engine: EmbeddedEngine,
        catalogue: Catalogue,
        finder: Finder,
        decider: Decider,
        performer: Performer,
        command: Callable[[Caller, Request], Command],
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._finder = finder
        self._decider = decider
        self._performer = performer
        self._command = command

    async def begin(self, caller: Caller, workflow: str, fields: JsonObject, handle: str) -> Opened | Stray:
        """Start the session of a handle, once, and run what it holds open."""
        served = self._catalogue.by_name(workflow)
        if served is None or not may_know(served.workflow, caller.actor):
            known = [one.name for one in self._finder.workflows() if may_know(one, caller.actor)]
            said = f"There is no workflow {workflow!r}. There are: {', '.join(known) or 'none for you'}."
            return await self._finder.refuse(caller, "start", Refusal("NOT_FOUND", said), fields)
        command = self._command(caller, Start(handle, served.workflow.digest, settled_object(fields)))
        return await asyncio.shield(asyncio.create_task(self._started(served, handle, command)))

    async def is_of(self, opened: Opened, fields: JsonObject) -> bool:
        """Whether a session was started with these fields."""
        row = await self._engine.reading(audit_row, opened.session.id, 1)
        return row is not None and canonical(body_of(row).get("writes")) == canonical(settled_object(fields))

    async def _started(self, served: Served, handle: str, command: Command) -> Opened | Stray:
        try:
            decision = await self._decider.decided(handle, command)
        except UnknownDefinition:  # it was there before, with a text that this process has not in memory
            before = await self._engine.read(handle)
            if before is None or await self._catalogue.recall(before.definition, self._engine) is None:
                raise
            decision = await self._decider.decided(handle, command)
        session = decision.session
        if decision.refusal is not None or session is None:
            return Stray(decision.refusal or NOT_FOUND)  # the engine has recorded it
        served = await self._catalogue.recall(session.definition, self._engine) or served
        self._performer.run_open(served, session, decision.clear)
        return Opened(served, session, decision.repeated)

"""Finds sessions for callers: those they may see. Whatever else there is or is not, they are told the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from pointsman.contracts.values import Json
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.gate import NOT_FOUND, may_view
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from .bounds import NOT_FOUND_MS
from .catalogue import Catalogue, Served
from .clock import Clock
from .engines.embedded import EmbeddedEngine
from .engines.strays import Frame
from .identity import new_command_id
from .redaction import kept_of_stray
from .replies import Caller, Stray
from .sight import Sight
from .store.reading import Seen


class Finder:
    """Finds sessions of one database, and records what is asked of those that are not there for whoever asks."""

    def __init__(self, engine: EmbeddedEngine, catalogue: Catalogue, clock: Clock) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._clock = clock
        self._sight = Sight(catalogue, engine)

    def workflows(self) -> Sequence[Workflow]:
        """Give the workflows that are served, in the order they were given."""
        served = [self._catalogue.by_name(name) for name in self._catalogue.names()]
        return [one.workflow for one in served if one is not None]

    async def sight(self, caller: Caller) -> Seen:
        """Say what a caller may see of all sessions."""
        return await self._sight.of(caller.actor)

    async def find(self, caller: Caller, session: str, action: str) -> tuple[Served, Session] | Stray:
        """Give a session that a caller may see, with its workflow; `action` is what is asked of it, for the audit."""
        return await self.seen(caller, session) or await self.refuse(caller, action, NOT_FOUND, {"session": session})

    async def seen(self, caller: Caller, session: str) -> tuple[Served, Session] | None:
        """Give a session that a caller may see. That there is none takes as long as that there is one of others."""
        begun = time.monotonic()
        found = await self._engine.read(session)
        served = await self._catalogue.recall(found.definition, self._engine) if found is not None else None
        if found is None or served is None or not may_view(served.workflow, found, caller.actor):
            await asyncio.sleep(max(0.0, NOT_FOUND_MS / 1000 - (time.monotonic() - begun)))
            return None
        return served, found

    async def refuse(self, caller: Caller, action: str, refusal: Refusal, arguments: Mapping[str, Json]) -> Stray:
        """Record a refused call that belongs to no session, or to none of the caller's."""
        frame = Frame(new_command_id(), self._clock.now_ms(), caller.actor, caller.channel, caller.client)
        kept = kept_of_stray(self.workflows(), action, arguments)
        await self._engine.record_stray(frame, action, refusal, kept)
        return Stray(refusal)

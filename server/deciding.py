"""Has clients' commands decided, until the process ends: then what is being decided is decided, and nothing more."""

from __future__ import annotations

import asyncio

from pointsman.fsm.commands import Command
from pointsman.fsm.decision import Decision

from .engines.embedded import EmbeddedEngine
from .errors import EngineClosed


class Decider:
    """Counts what is being decided."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._closing = False
        self._running = 0
        self._none_runs = asyncio.Event()
        self._none_runs.set()

    @property
    def is_deciding(self) -> bool:
        """Whether a client's command is being decided now."""
        return not self._none_runs.is_set()

    async def decided(self, session: str, command: Command) -> Decision:
        """Have a client's command decided.

        Raises:
            EngineClosed: this process is ending, so nothing is begun any more.
        """
        if self._closing:
            raise EngineClosed
        self._running += 1
        self._none_runs.clear()
        try:
            return await self._engine.submit(session, command)
        finally:
            self._running -= 1
            if not self._running:
                self._none_runs.set()

    async def aclose(self) -> None:
        """Take no more commands, and wait for those that are being decided."""
        self._closing = True
        await self._none_runs.wait()

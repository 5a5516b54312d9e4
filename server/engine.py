"""The port every engine fills: one writer per session, and every acknowledged command durable.

An engine finds the session, asks `decide`, makes the facts durable as audit rows and answers. It
runs no tools and waits for nobody: nothing awaits inside the single-writer section.
"""

from __future__ import annotations

from typing import Protocol

from pointsman.fsm.commands import Command
from pointsman.fsm.decision import Decision
from pointsman.fsm.session import Session


class Engine(Protocol):
    """Where sessions live."""

    async def submit(self, session: str, command: Command) -> Decision:
        """Decide a command and make its facts durable before answering.

        Raises:
            UnknownDefinition: when the session's workflow text cannot be had any more.
            StoreBusy: when the database stayed locked for 5 s; nothing was done.
            StoreFull: when nothing more can be written; nothing was done.
        """
        ...

    async def read(self, session: str) -> Session | None:
        """Give the committed session, or None if there is no such session."""
        ...

    async def aclose(self) -> None:
        """Finish what is queued and let go of the database."""
        ...

"""Diagrams as parts of pages: a workflow, and where a session is in it and has been."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from markupsafe import Markup

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.session import Session

from ..bounds import TRAIL_ROWS
from ..governor import Governor
from ..graph.svg import part_of_a_page
from ..graph.trails import trail_of
from ..store.searching import path


class Diagrams:
    """Draws for a governor's pages."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor

    async def of(self, workflow: Workflow, session: Session | None = None) -> Markup:
        """Draw a workflow; of a session also the way it has taken: of a long one every state, and the last arrows."""
        trail = None
        if session is not None:
            unread = max(0, session.revision - TRAIL_ROWS)
            found = trail_of(session.state, await self._governor.engine.searching(path, session.id, unread))
            trail = replace(found, visited=found.visited | {name for name, times in session.visits.items() if times})
        drawn = await asyncio.to_thread(part_of_a_page, workflow, trail)
        return Markup(drawn)  # noqa: S704 -- the drawing escapes whatever the file says

"""Diagrams as parts of pages: a workflow, and where a session is in it and has been."""

from __future__ import annotations

import asyncio

from markupsafe import Markup

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.session import Session

from ..governor import Governor
from ..graph.svg import part_of_a_page
from ..graph.trails import trail_of
from ..store.searching import path


class Diagrams:
    """Draws for a governor's pages."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor

    async def of(self, workflow: Workflow, session: Session | None = None) -> Markup:
        """Draw a workflow; of a session also the way it has taken."""
        trail = None
        if session is not None:
            trail = trail_of(session.state, await self._governor.engine.searching(path, session.id))
        drawn = await asyncio.to_thread(part_of_a_page, workflow, trail)
        return Markup(drawn)  # noqa: S704 -- the drawing escapes whatever the file says

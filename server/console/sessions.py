"""The list of sessions: those that somebody may see, the newest first, as chosen and searched for."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from pointsman.contracts.values import Json

from ..clock import Clock
from ..documents.pages import Page
from ..inquiry import Inquiry
from ..replies import Stray
from .asked import ROOT, Asked
from .choosing import AGES, ENDED, FAILED, WAITING, Choice, choice
from .doors import Doors
from .pages import Pages
from .titles import titles

SESSIONS: Final = f"{ROOT}/sessions"
_ITEMS: Final = 50


class Sessions:
    """Answers for the list."""

    def __init__(self, doors: Doors, pages: Pages, inquiry: Inquiry, clock: Clock) -> None:
        self._doors = doors
        self._pages = pages
        self._inquiry = inquiry
        self._clock = clock

    def routes(self) -> list[Route]:
        """Make its route."""
        return [self._doors.shows(SESSIONS, self._shown)]

    async def _shown(self, asked: Asked) -> Response:
        chosen, cursor = choice(asked.said), asked.said("cursor")
        wrong = chosen.wrong
        found: Page | Stray = Page(())
        if not wrong:
            wanted = chosen.as_filter(self._clock.now_ms())
            found = await self._inquiry.sessions(asked.caller, wanted, _ITEMS, cursor or None)
        if isinstance(found, Stray):
            wrong, found = (found.refusal.message,), Page(())
        return self._pages.page(
            "sessions.html",
            asked.signed_in,
            HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
            here=f"{SESSIONS}?{asked.request.url.query}",
            items=found.items,
            cursor=found.cursor,
            is_first=not cursor,
            chosen=chosen,
            wrong=wrong,
            choices={"waiting": WAITING, "started": AGES, "ended": ENDED, "failed": FAILED},
            titles=await titles(self._inquiry, asked.caller),
            states=await self._states(asked, chosen),
        )

    async def _states(self, asked: Asked, chosen: Choice) -> list[str]:
        """Name the states of the workflow that is chosen, where there is one that is known."""
        known = await self._inquiry.workflows(asked.caller)
        if chosen.workflow not in [one["workflow"] for one in known.items]:
            return []
        found = await self._inquiry.workflow(asked.caller, chosen.workflow)
        states: Json = [] if isinstance(found, Stray) else found["states"]
        return [str(one["state"]) for one in states if isinstance(one, dict)] if isinstance(states, list) else []

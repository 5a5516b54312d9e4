"""The inbox: what waits for people, the oldest first."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from ..inquiry import Inquiry
from ..replies import Stray
from ..store.searching import WaitingFilter
from .asked import ROOT, Asked
from .doors import Doors
from .pages import Pages
from .titles import titles

INBOX = f"{ROOT}/reviews"
_ITEMS = 50


class Inbox:
    """Answers for the inbox."""

    def __init__(self, doors: Doors, pages: Pages, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._inquiry = inquiry

    def routes(self) -> list[Route]:
        """Make its route."""
        return [self._doors.shows(INBOX, self._shown)]

    async def _shown(self, asked: Asked) -> Response:
        chosen = WaitingFilter(role=asked.said("role") or None, workflow=asked.said("workflow") or None)
        found = await self._inquiry.reviews(asked.caller, chosen, _ITEMS, asked.said("cursor") or None)
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        return self._pages.page(
            "inbox.html",
            asked.signed_in,
            here=f"{INBOX}?{asked.request.url.query}",
            items=found.items,
            cursor=found.cursor,
            chosen=chosen,
            roles=asked.caller.actor.roles,
            titles=await titles(self._inquiry, asked.caller),
        )

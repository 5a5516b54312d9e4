"""News of a session for its page, as server-sent events: that something has changed, and nothing of what.

The page then asks for itself again, so that there is one way to make it, and one to judge who may see it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response
from starlette.routing import Route

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..bounds import LIVE_AGAIN_MS, TOKEN_AGAIN_MS
from ..errors import EngineClosed, StoreError
from ..governor import Governor
from ..http.callers import visitor_of
from ..http.connections import waits_for_news
from ..replies import Stray
from .asked import Asked
from .doors import Doors
from .pages import Pages
from .sessions import SESSIONS

_TOO_MANY: Final = Refusal("BUSY", "Too many pages wait for news of sessions. This one is not followed for now.")


class Live:
    """Answers pages that follow a session."""

    def __init__(self, doors: Doors, pages: Pages, governor: Governor) -> None:
        self._doors = doors
        self._pages = pages
        self._governor = governor

    def routes(self) -> list[Route]:
        """Make its route."""
        return [self._doors.shows(f"{SESSIONS}/{{id}}/live", self._followed)]

    async def _followed(self, asked: Asked) -> Response:
        """Tell a page that knows the session `after` a revision of whatever comes later."""
        found = await self._governor.found(asked.caller, asked.name, "session")
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        if asked.request.method == "HEAD":
            return Response(media_type="text/event-stream")
        if not waits_for_news(asked.request.scope, asked.caller.actor):
            return self._pages.refused(_TOO_MANY, asked.signed_in, HTTPStatus.SERVICE_UNAVAILABLE)
        said = asked.said("after")
        known = int(said) if said.isascii() and said.isdigit() and len(said) <= 15 else found[1].revision
        return EventSourceResponse(self._news(asked, found[1].id, known))

    async def _news(self, asked: Asked, session: str, revision: int) -> AsyncGenerator[ServerSentEvent]:
        """Say `changed` for what has changed, and `over` when whoever follows may not any more."""
        stopping: asyncio.Event = asked.request.app.state.stopping
        while not stopping.is_set():
            try:
                changed = await self._change(session, revision, stopping)
                may_follow = await self._may_follow(asked, session)
            except (StoreError, EngineClosed):
                return  # the browser comes back, and asks again
            if not may_follow:
                yield ServerSentEvent("", event="over")
                return
            if changed is not None:
                revision = changed.revision
                yield ServerSentEvent(str(revision), event="changed")
                await asyncio.sleep(LIVE_AGAIN_MS / 1000)

    async def _may_follow(self, asked: Asked, session: str) -> bool:
        """Whether a person is signed in still, and may see the session still."""
        visitor = visitor_of(asked.request.scope)
        if visitor is None or not await visitor.is_welcome():
            return False
        return await self._governor.workflow_of(asked.caller, session) is not None

    async def _change(self, session: str, revision: int, stopping: asyncio.Event) -> Session | None:
        """Wait until the session is further than a revision; not for long, and not when the server stops."""
        change = asyncio.ensure_future(self._governor.engine.wait_for_change(session, revision, TOKEN_AGAIN_MS))
        stopped = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait((change, stopped), return_when=asyncio.FIRST_COMPLETED)
            return change.result() if change.done() else None
        finally:
            change.cancel()
            stopped.cancel()

"""The page of a session: where it is and how it came there, what it holds and from whom, what it did and waits for.

However long its history is, a page has some of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from pointsman.contracts.problems import Unmet
from pointsman.contracts.values import Json, JsonObject, as_objects
from pointsman.contracts.workflow import HumanState, Workflow
from pointsman.fsm.approving import EVENTS
from pointsman.fsm.commands import Cancel
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..governor import Governor
from ..inquiry import Inquiry
from ..replies import Stray
from .asked import Asked
from .diagrams import Diagrams
from .doors import Doors
from .narrative import Happening, happening
from .pages import Pages
from .sessions import SESSIONS

_ROWS: Final = 50
"""Rows of the history on one page."""
_EFFECTS: Final = 50
"""Writes on the page; all of them have a page of their own."""
_BAD_PLACE: Final = Refusal(
    "INVALID_FIELDS",
    "`after` is the number of a row of the history.",
    (Unmet("after", "must be a whole number", missing=False),),
)
TIMERS: Final = {
    "after": "the state is left",
    "due": "nobody has decided in time",
    "remind": "a reminder is sent",
    "duration": "the session has lasted too long",
    "continue": "the session goes on",
    "approval": "a call waits no longer",
}
"""What a timer does when it is due."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows of a history in words, the newest last. They follow row `after`; `earlier` and `later` name other pages."""

    rows: tuple[Happening, ...]
    last: int
    earlier: int | None
    later: int | None


class SessionPage:
    """Answers for one session."""

    def __init__(self, doors: Doors, pages: Pages, governor: Governor, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._governor = governor
        self._inquiry = inquiry
        self._diagrams = Diagrams(governor)

    def routes(self) -> list[Route]:
        """Make its routes: the page, and the diagram alone."""
        one = f"{SESSIONS}/{{id}}"
        return [self._doors.shows(one, self._shown), self._doors.shows(f"{one}/diagram", self._drawn)]

    async def _shown(self, asked: Asked) -> Response:
        found = await self._governor.found(asked.caller, asked.name, "session")
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        document = await self._inquiry.present(asked.caller, asked.name)
        if isinstance(document, Stray):
            return self._pages.refused_to(asked, document.refusal)
        workflow, session = found[0].workflow, found[1]
        after = asked.said("after")
        if after and not (after.isascii() and after.isdigit() and len(after) <= 15):
            return self._pages.refused_to(asked, _BAD_PLACE)
        timeline = await timeline_of(self._inquiry, asked, session, int(after) if after else None)
        refusal = await self._governor.would_refuse(asked.caller, session.id, Cancel("?"))
        return self._pages.page(
            "session.html",
            asked.signed_in,
            document=document,
            workflow=workflow,
            here=f"{SESSIONS}/{session.id}{f'?after={after}' if after else ''}",
            kind=session.stay.actor if session.ended is None else session.ended.outcome,
            waits=_waits(document),
            timeline=timeline,
            total=session.revision,
            effects=_first(document["effects"]),
            count=len(session.effects),
            timer_words=TIMERS,
            diagram=await self._diagrams.of(workflow, session),
            decided=_decided(workflow, asked.said("decided")),
            done=asked.said("done") if asked.said("done") in ("cancelled", "restarted") else "",
            may_drive=refusal is None or refusal.code != "FORBIDDEN",
        )

    async def _drawn(self, asked: Asked) -> Response:
        """Show the diagram alone, at its natural size."""
        found = await self._governor.found(asked.caller, asked.name, "session")
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        workflow, session = found[0].workflow, found[1]
        drawn = await self._diagrams.of(workflow, session)
        return self._pages.page(
            "session_diagram.html", asked.signed_in, workflow=workflow, session=session, diagram=drawn
        )


async def timeline_of(
    inquiry: Inquiry, asked: Asked, session: Session, after: int | None, rows: int = _ROWS
) -> Timeline:
    """Tell a part of a session's history in words: the rows that follow one, or the last there are."""
    start = max(0, session.revision - rows) if after is None else min(after, session.revision)
    found = await inquiry.history(asked.caller, session.id, rows, str(start))
    told = () if isinstance(found, Stray) else tuple(happening(row) for row in found.items)
    later = None if isinstance(found, Stray) or found.cursor is None else int(found.cursor)
    last = told[-1].revision if told else start
    return Timeline(told, last, max(0, start - rows) if start else None, later)


def _waits(document: JsonObject) -> list[JsonObject]:
    """Give what of a session a person can decide now: its review, and calls that wait, each by its name."""
    found: list[JsonObject] = []
    place = document.get("waiting_for")
    if isinstance(document["review"], dict):
        due = place.get("due") if isinstance(place, dict) else None
        found.append({"id": document["session"], "tool": None, "due": due, **document["review"]})
    found += [
        {**one, "id": one["approval"], "due": one.get("due")}
        for one in as_objects(document["approvals"])
        if one["status"] == "pending"
    ]
    return found


def _first(effects: Json) -> list[JsonObject]:
    """Give the writes that a page shows: those that are open before those that were done, the newest first."""
    newest = list(reversed(as_objects(effects)))
    return sorted(newest, key=lambda one: one["status"] == "done")[:_EFFECTS]


def _decided(workflow: Workflow, event: str) -> str:
    """Name a decision of this workflow; nothing that is none of them, whatever the address says."""
    reviews = (state for state in workflow.states.values() if isinstance(state, HumanState))
    known = {name for state in reviews for name in state.events} | set(EVENTS)
    return event if event in known else ""

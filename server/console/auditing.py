"""The audit: its search, one row with its proof, and a whole history to take away."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import JsonObject, as_object
from pointsman.fsm.refusals import Refusal

from ..bounds import LISTED_ROWS
from ..documents.pages import Page
from ..http.callers import visitor_of
from ..inquiry import Inquiry, is_auditor
from ..replies import Stray
from .asked import ROOT, Asked
from .audit_search import search_of
from .doors import Doors
from .narrative import happening
from .pages import Pages

AUDIT: Final = f"{ROOT}/audit"
_ROWS: Final = 50
_REVISION: Final = re.compile(r"[1-9][0-9]{0,14}\Z", re.ASCII)
_NO_ROW: Final = Refusal("NOT_FOUND", "A row is named by its number, from 1 on.")


class BrokenOff(PointsmanError):
    """A download ends before its end: the connection is cut, so that nobody takes a part for the whole."""


class Auditing:
    """Answers for the audit's rows."""

    def __init__(self, doors: Doors, pages: Pages, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._inquiry = inquiry

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            self._doors.shows(AUDIT, self._searched),
            self._doors.shows(f"{AUDIT}/{{chain}}/download", self._downloaded),
            self._doors.shows(f"{AUDIT}/{{chain}}/{{revision}}", self._row),
        ]

    async def _searched(self, asked: Asked) -> Response:
        search = search_of(asked.request.query_params)
        found: Page | Stray = Page(())
        if not search.problems:
            found = await self._inquiry.rows(asked.caller, search.chosen, _ROWS, asked.said("cursor") or None)
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        return self._pages.page(
            "audit.html",
            asked.signed_in,
            HTTPStatus.UNPROCESSABLE_ENTITY if search.problems else HTTPStatus.OK,
            search=search,
            items=[(row["session_id"], happening(row)) for row in found.items],
            cursor=found.cursor,
            looked_back_to=found.looked_back_to,
            audits=is_auditor(asked.caller),
        )

    async def _row(self, asked: Asked) -> Response:
        revision = str(asked.request.path_params["revision"])
        if not _REVISION.match(revision):
            return self._pages.refused_to(asked, _NO_ROW)
        found = await self._inquiry.row(asked.caller, asked.name, int(revision))
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        row = found["row"]
        columns = as_object(row)
        return self._pages.page(
            "row.html",
            asked.signed_in,
            chain=asked.name,
            revision=int(revision),
            columns={name: value for name, value in columns.items() if name != "body"},
            body=columns["body"],
            told=happening({**columns, "revision": revision}),
            problem=found["problem"],
            is_last=found["is_last"],
        )

    async def _downloaded(self, asked: Asked) -> Response:
        """Give the rows of a history as JSON lines, one page of them after the other."""
        first = await self._inquiry.history(asked.caller, asked.name, LISTED_ROWS)
        if isinstance(first, Stray):
            return self._pages.refused_to(asked, first.refusal)
        name = re.sub(r"[^A-Za-z0-9_-]", "_", asked.name)
        headers = {
            "content-disposition": f'attachment; filename="audit-{name}.jsonl"',
            "x-content-type-options": "nosniff",
        }
        return StreamingResponse(self._lines(asked, first), headers=headers, media_type="application/x-ndjson")

    async def _lines(self, asked: Asked, page: Page) -> AsyncGenerator[str]:
        visitor = visitor_of(asked.request.scope)
        while True:
            if visitor is None or not await visitor.is_welcome():  # the browser must not take a part for the whole
                raise BrokenOff("Whoever asked is signed in no more.")
            yield "".join(map(_line, page.items))
            if page.cursor is None:
                return
            found = await self._inquiry.history(asked.caller, asked.name, LISTED_ROWS, page.cursor)
            if isinstance(found, Stray):  # nor here
                raise BrokenOff(found.refusal.message)
            page = found


def _line(row: JsonObject) -> str:
    """Write a row in one line, in ASCII: whatever reads lines takes no other character for the end of one."""
    return json.dumps(row) + "\n"

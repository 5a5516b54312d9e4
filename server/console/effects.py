"""Writes that run or that nobody knows the outcome of, and settling one of them in two steps."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Attest
from pointsman.fsm.refusals import Refusal

from ..documents import effects
from ..documents.pages import Page
from ..inquiry import Inquiry
from ..replies import Stray
from .asked import ROOT, Asked
from .doors import Doors
from .narrative import happening
from .pages import Pages
from .settlements import SettlementForm, read_settlement
from .titles import titles

EFFECTS: Final = f"{ROOT}/effects"
_ITEMS: Final = 50
_STATUSES: Final = {"unknown": "nobody knows the outcome", "intended": "running", "done": "done"}
_DONE_OF_ALL: Final = "Writes that were done are listed of one session: say which. The audit has those of all."


class Effects:
    """Answers for writes."""

    def __init__(self, doors: Doors, pages: Pages, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._inquiry = inquiry

    def routes(self) -> list[Route]:
        """Make the routes."""
        one = f"{EFFECTS}/{{id}}"
        return [
            self._doors.shows(EFFECTS, self._listed),
            self._doors.shows(one, self._shown),
            self._doors.does(f"{one}/draft", self._drafted),
            self._doors.does(f"{one}/settlement", self._settled),
        ]

    async def _listed(self, asked: Asked) -> Response:
        session, status = asked.said("session"), asked.said("status")
        status = status if status in _STATUSES else ""
        found: Page | Stray = Page(())
        problem = _DONE_OF_ALL if status == "done" and not session else None
        if problem is None:
            found = await self._inquiry.effects(
                asked.caller, session or None, status or None, _ITEMS, asked.said("cursor") or None
            )
        if isinstance(found, Stray):
            problem, found = found.refusal.message, Page(())
        return self._pages.page(
            "effects.html",
            asked.signed_in,
            HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
            items=found.items,
            cursor=found.cursor,
            chosen={"session": session, "status": status},
            statuses=_STATUSES,
            problem=problem,
            titles=await titles(self._inquiry, asked.caller),
        )

    async def _shown(self, asked: Asked) -> Response:
        document = await self._inquiry.effect(asked.caller, asked.name)
        if isinstance(document, Stray):
            return self._pages.refused_to(asked, document.refusal)
        return self._page(asked, document, SettlementForm())

    async def _drafted(self, asked: Asked) -> Response:
        """Show what settling would do, or what is wrong with it."""
        document = await self._inquiry.effect(asked.caller, asked.name)
        if isinstance(document, Stray):
            return self._pages.refused_to(asked, document.refusal)
        form = read_settlement(asked.form)
        if asked.form.one("change"):
            return self._page(asked, document, form.without_problems())
        if form.settling is None:
            return self._page(asked, document, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._pages.page("settlement.html", asked.signed_in, document=document, form=form)

    async def _settled(self, asked: Asked) -> Response:
        """Settle."""
        form = read_settlement(asked.form)
        settling = form.settling
        if settling is None:
            return await self._drafted(asked)
        number = effects.parts(asked.name)[1]
        request = Attest(number, settling.outcome, settling.reason, settling.result)
        answer = await self._inquiry.settle(asked.caller, asked.name, request)
        if not isinstance(answer, Stray):
            return RedirectResponse(f"{EFFECTS}/{asked.name}?settled={settling.outcome}", HTTPStatus.SEE_OTHER)
        document = await self._inquiry.effect(asked.caller, asked.name)
        if isinstance(document, Stray):
            return self._pages.refused_to(asked, document.refusal)
        return self._page(asked, document, form, HTTPStatus.CONFLICT, answer.refusal)

    def _page(
        self,
        asked: Asked,
        document: JsonObject,
        form: SettlementForm,
        status: HTTPStatus = HTTPStatus.OK,
        refusal: Refusal | None = None,
    ) -> Response:
        rows = document["rows"]
        return self._pages.page(
            "effect.html",
            asked.signed_in,
            status,
            document=document,
            form=form,
            refusal=refusal,
            story=[happening(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else [],
            statuses=_STATUSES,
            settled=asked.said("settled") if asked.said("settled") == document["status"] else "",
        )

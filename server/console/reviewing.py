"""A review, and the decision of it: what is shown, what the decision would change, and, only then, the decision.

A link opens the first page. Nothing is decided before the second, which names the decision and every change, is
sent from there; it is bound to what the first page showed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import JsonObject, as_list, canonical
from pointsman.contracts.workflow import HumanState, Workflow
from pointsman.fsm.approving import DECISION
from pointsman.fsm.commands import Decide
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..documents import waiting
from ..governor import Governor
from ..http.json_bodies import read_json
from ..inquiry import Inquiry
from ..replies import Stray
from .asked import ROOT, Asked
from .decisions import DecisionForm, arguments_of, changes, filled_in, filled_with, form_of, with_problems
from .diagrams import Diagrams
from .doors import Doors
from .forms import Form
from .inbox import INBOX
from .pages import Pages
from .session_page import timeline_of

_NOT_THEIRS: Final = ("FORBIDDEN", "NOT_YOUR_TURN")
"""What is refused to this person, whatever they decide: they may not, or another one has claimed it."""
_NOT_THERE: Final = Refusal(
    "NOT_FOUND", "There is no such review or call that you may see. The inbox has what waits for you."
)
_DECIDED: Final = "decided"
"""The parameter by which a session's page says that something was decided just now."""

_ROWS: Final = 8
"""Rows of the session's history under the decision."""


class Reviewing:
    """Answers for one thing that waits."""

    def __init__(self, doors: Doors, pages: Pages, governor: Governor, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._governor = governor
        self._inquiry = inquiry
        self._diagrams = Diagrams(governor)

    def routes(self) -> list[Route]:
        """Make the routes."""
        one = f"{INBOX}/{{id}}"
        return [
            self._doors.shows(one, self._shown),
            self._doors.shows(f"{one}/draft", self._again),
            self._doors.does(f"{one}/draft", self._drafted),
            self._doors.does(f"{one}/decisions", self._decided),
            self._doors.does(f"{one}/claim", self._claimed),
            self._doors.does(f"{one}/release", self._released),
            self._doors.does(f"{one}/delegate", self._delegated),
        ]

    async def _shown(self, asked: Asked) -> Response:
        document = await self._document(asked)
        if isinstance(document, Stray):
            return await self._over(asked, document.refusal)
        return await self._page(asked, document, form_of(document))

    async def _again(self, asked: Asked) -> Response:
        """Lead back to the review whoever comes to its second step by its address alone."""
        return RedirectResponse(f"{INBOX}/{asked.name}", HTTPStatus.SEE_OTHER)

    async def _drafted(self, asked: Asked) -> Response:
        """Show what a decision would change, or what is wrong with it."""
        document = await self._document(asked)
        if isinstance(document, Stray):
            return await self._over(asked, document.refusal)
        event = asked.form.one("event")
        if asked.form.one("change"):
            drafted = _arguments(asked.form)
            form = form_of(document) if drafted is None else filled_with(form_of(document), drafted, event)
            return await self._page(asked, document, form)
        form = filled_in(form_of(document), asked.form)
        arguments, problems = arguments_of(document, form, event)
        contract = await self._contract(asked, event)
        if contract is None:
            return await self._page(asked, document, form)
        unmet = contract.unmet(arguments)
        if problems or unmet:
            form = with_problems(form, event, problems, unmet)
            return await self._page(asked, document, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        choice = next(one for one in form.choices if one.event == event)
        return self._pages.page(
            "decision.html",
            asked.signed_in,
            document=document,
            choice=choice,
            changes=changes(document, arguments),
            arguments=arguments,
            arguments_text=canonical(arguments),
            binding={"shown_digest": asked.form.one("shown_digest"), "stay": asked.form.one("stay")},
        )

    async def _decided(self, asked: Asked) -> Response:
        """Decide."""
        form = asked.form
        arguments = _arguments(form)
        stay = form.one("stay")
        if arguments is None or not stay.isascii() or not stay.isdigit() or len(stay) > 15:
            return self._pages.refused_to(
                asked, Refusal("MALFORMED", "This is no decision that a page of ours has made.")
            )
        request = Decide(form.one("event"), arguments, form.one("shown_digest"), int(stay))
        answer = await self._inquiry.decide(asked.caller, asked.name, request)
        if isinstance(answer, Stray):
            return await self._over(asked, answer.refusal)
        session, _ = waiting.parts(asked.name)
        return RedirectResponse(f"{ROOT}/sessions/{session}?{_DECIDED}={form.one('event')}", HTTPStatus.SEE_OTHER)

    async def _claimed(self, asked: Asked) -> Response:
        take_over = asked.form.one("take_over") == "1"
        return await self._held(asked, await self._inquiry.claim(asked.caller, asked.name, take_over=take_over))

    async def _released(self, asked: Asked) -> Response:
        return await self._held(asked, await self._inquiry.release(asked.caller, asked.name))

    async def _delegated(self, asked: Asked) -> Response:
        to, reason = asked.form.one("to").strip(), asked.form.one("reason").strip()
        return await self._held(asked, await self._inquiry.delegate(asked.caller, asked.name, to, reason))

    async def _held(self, asked: Asked, answer: JsonObject | Stray) -> Response:
        """Lead back to what somebody else, or the person themselves, holds now."""
        if isinstance(answer, Stray):
            return await self._over(asked, answer.refusal)
        return RedirectResponse(f"{INBOX}/{asked.name}", HTTPStatus.SEE_OTHER)

    async def _page(
        self, asked: Asked, document: JsonObject, form: DecisionForm, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        found = await self._session(asked)
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        workflow, session = found
        return self._pages.page(
            "review.html",
            asked.signed_in,
            status,
            document=document,
            form=form,
            workflow=workflow,
            session=session,
            diagram=await self._diagrams.of(workflow, session),
            timeline=await timeline_of(self._inquiry, asked, session, None, _ROWS),
            refusal=await self._why_not(asked, document),
            me=asked.caller.actor.accountable,
        )

    async def _why_not(self, asked: Asked, document: JsonObject) -> Refusal | None:
        """Say why this person may not decide, whatever they decide; None where they may."""
        session, number = waiting.parts(asked.name)
        stay = document["stay"]
        nothing = Decide("", {}, str(document["shown_digest"]), stay if isinstance(stay, int) else 0, approval=number)
        refusal = await self._governor.would_refuse(asked.caller, session, nothing)
        return refusal if refusal is not None and refusal.code in _NOT_THEIRS else None

    async def _over(self, asked: Asked, refusal: Refusal) -> Response:
        """Say why something is not to be decided, and lead on to where its session is now, if its caller may see it."""
        session, _ = waiting.parts(asked.name)
        found = await self._governor.workflow_of(asked.caller, session)
        status = HTTPStatus.CONFLICT if found is not None else HTTPStatus.NOT_FOUND
        known = session if found is not None else None
        tried = asked.request.method == "POST"
        said = refusal if known is not None else _NOT_THERE
        return self._pages.page("not_decided.html", asked.signed_in, status, refusal=said, session=known, tried=tried)

    async def _document(self, asked: Asked) -> JsonObject | Stray:
        document = await self._inquiry.review(asked.caller, asked.name)
        if isinstance(document, Stray):
            return document
        found = await self._session(asked)
        if isinstance(found, Stray):
            return found
        edit = document.get("edit")
        names = as_list(edit)
        record = found[1].record
        return {
            **document,
            "current": {name: record[name] for name in names if isinstance(name, str) and name in record},
        }

    async def _session(self, asked: Asked) -> tuple[Workflow, Session] | Stray:
        session, _ = waiting.parts(asked.name)
        found = await self._governor.found(asked.caller, session, "review")
        return found if isinstance(found, Stray) else (found[0].workflow, found[1])

    async def _contract(self, asked: Asked, event: str) -> Contract | None:
        """Give the contract of a decision; None where there is no such decision."""
        session, number = waiting.parts(asked.name)
        if number is not None:
            return DECISION
        found = await self._governor.found(asked.caller, session, "review")
        if isinstance(found, Stray):
            return None
        state = found[0].workflow.states[found[1].state]
        wanted = state.events.get(event) if isinstance(state, HumanState) else None
        return None if wanted is None else wanted.contract


def _arguments(form: Form) -> JsonObject | None:
    """Give the arguments that a drafted decision has; None where they are none that a page of ours has written."""
    found = read_json(form.one("arguments").encode("utf-8", "surrogatepass"))
    return found if isinstance(found, dict) else None

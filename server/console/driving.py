"""Ending a session by hand, and letting it go on from a state: each on a page that says what happens, and asks why."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.contracts.bounds import RATIONALE_CHARACTERS
from pointsman.contracts.workflow import FinalState, Workflow
from pointsman.fsm.commands import Cancel, Restart
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..governor import Governor
from ..inquiry import Inquiry
from ..replies import Stray
from .asked import Asked
from .doors import Doors
from .pages import Pages
from .sessions import SESSIONS

Act: TypeAlias = Literal["cancel", "restart"]
_REASON: Final = "?"
"""Stands for a reason where it is only asked whether something may be done."""


@dataclass(frozen=True, slots=True)
class DrivingForm:
    """What somebody wrote, and what is wrong with it, by the names of the fields."""

    reason: str = ""
    state: str = ""
    problems: tuple[tuple[str, str], ...] = ()


class Driving:
    """Answers for what a person does to a session who may drive it."""

    def __init__(self, doors: Doors, pages: Pages, governor: Governor, inquiry: Inquiry) -> None:
        self._doors = doors
        self._pages = pages
        self._governor = governor
        self._inquiry = inquiry

    def routes(self) -> list[Route]:
        """Make the routes."""
        cancel, restart = f"{SESSIONS}/{{id}}/cancel", f"{SESSIONS}/{{id}}/restart"
        return [
            self._doors.shows(cancel, self._before_cancel),
            self._doors.does(cancel, self._cancelled),
            self._doors.shows(restart, self._before_restart),
            self._doors.does(restart, self._restarted),
        ]

    async def _before_cancel(self, asked: Asked) -> Response:
        return await self._page(asked, "cancel", DrivingForm())

    async def _before_restart(self, asked: Asked) -> Response:
        return await self._page(asked, "restart", DrivingForm())

    async def _cancelled(self, asked: Asked) -> Response:
        form = _read(asked, "cancel")
        if form.problems:
            return await self._page(asked, "cancel", form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        answer = await self._inquiry.cancel(asked.caller, asked.name, form.reason)
        if isinstance(answer, Stray):
            return await self._page(asked, "cancel", form, answer.refusal, HTTPStatus.CONFLICT)
        return RedirectResponse(f"{SESSIONS}/{asked.name}?done=cancelled", HTTPStatus.SEE_OTHER)

    async def _restarted(self, asked: Asked) -> Response:
        form = _read(asked, "restart")
        if form.problems:
            return await self._page(asked, "restart", form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        answer = await self._inquiry.restart(asked.caller, asked.name, form.state, form.reason)
        if isinstance(answer, Stray):
            return await self._page(asked, "restart", form, answer.refusal, HTTPStatus.CONFLICT)
        return RedirectResponse(f"{SESSIONS}/{asked.name}?done=restarted", HTTPStatus.SEE_OTHER)

    async def _page(
        self,
        asked: Asked,
        act: Act,
        form: DrivingForm,
        refusal: Refusal | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Show what would happen; to whoever may not, why not."""
        found = await self._governor.found(asked.caller, asked.name, act)
        if isinstance(found, Stray):
            return self._pages.refused_to(asked, found.refusal)
        workflow, session = found[0].workflow, found[1]
        why_not, states = await self._ways(asked, act, workflow, session)
        if why_not is not None:
            return self._pages.refused_to(asked, refusal or why_not)
        return self._pages.page(
            "driving.html",
            asked.signed_in,
            status,
            act=act,
            form=form,
            problems=dict(form.problems),
            refusal=refusal,
            workflow=workflow,
            session=session,
            states=states,
            exit=bool(workflow.states[session.state].exit) and session.ended is None,
        )

    async def _ways(
        self, asked: Asked, act: Act, workflow: Workflow, session: Session
    ) -> tuple[Refusal | None, list[str]]:
        """Say why this person may not do it now, or to which states it can lead."""
        if act == "cancel":
            return await self._governor.would_refuse(asked.caller, session.id, Cancel(_REASON)), []
        states: list[str] = []
        refusal: Refusal | None = None
        for name, state in workflow.states.items():
            if not isinstance(state, FinalState):
                refused = await self._governor.would_refuse(asked.caller, session.id, Restart(name, _REASON))
                refusal = refused or refusal
                states += [name] if refused is None else []
        return (None if states else refusal), states


def _read(asked: Asked, act: Act) -> DrivingForm:
    """Read the form, with what is wrong with it."""
    reason, state = asked.form.one("reason").strip(), asked.form.one("state")
    problems: list[tuple[str, str]] = []
    if not reason:
        problems.append(("reason", "Say why: it stays in the history."))
    elif len(reason) > RATIONALE_CHARACTERS:
        problems.append(("reason", f"It has {len(reason):,} characters; {RATIONALE_CHARACTERS:,} are the most."))
    if act == "restart" and not state:
        problems.append(("state", "Choose the state that it goes on from."))
    return DrivingForm(reason, state, tuple(problems))

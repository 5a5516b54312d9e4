"""The entrance: signing in with a token of kind human, and signing out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..credentials.port import Identified
from ..http.doors import Porter
from .asked import ROOT, Asked
from .doors import SIGN_IN, Doors, inside
from .forms import read_form
from .pages import Pages
from .sign_ins import SignIns

_ELSEWHERE: Final = Refusal("FORBIDDEN", "This did not come from the console's page to sign in. Nothing was done.")


class Signing:
    """Answers at the entrance.

    Args:
        doors: The others.
        sign_ins: Where it is kept who is signed in.
        pages: Makes pages.
        cookie: The name of the cookie that a browser holds.
        issuer: The host of the issuer with which people sign in too; None where there is none.
        is_https: Whether browsers reach this by HTTPS.
    """

    def __init__(
        self, doors: Doors, sign_ins: SignIns, pages: Pages, cookie: str, issuer: str | None, *, is_https: bool
    ) -> None:
        self._doors = doors
        self._sign_ins = sign_ins
        self._pages = pages
        self._cookie = cookie
        self._issuer = issuer
        self._is_https = is_https

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            self._doors.open(SIGN_IN, self._shown),
            self._doors.open(SIGN_IN, self._tried, "POST"),
            self._doors.does(f"{ROOT}/sign-out", self._out),
        ]

    async def _shown(self, request: Request) -> Response:
        wanted = inside(request.query_params.get("next", ROOT))
        if await self._doors.signed_in(request) is not None:
            return RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
        return self.entrance(wanted)

    async def _tried(self, request: Request) -> Response:
        if not self._doors.is_from_here(request):
            return self._doors.turn_away(request, _ELSEWHERE)
        form = await read_form(request)
        if isinstance(form, Response):
            return form
        wanted, token = inside(form.one("next")), form.one("token").strip()
        if not token:
            return self.entrance(wanted, "Enter the token that was made for you.")
        porter: Porter = request.app.state.porter
        found = await porter.identify(request, token)
        if not isinstance(found, Identified):
            return self.entrance(wanted, found.message)
        if porter.too_much(request, Actor("human", found.actor.id)) is not None:
            return self.entrance(wanted, "You sign in too often. Try again in a moment.")
        if found.actor.kind != "human":
            refusal = Refusal("FORBIDDEN", "The console is for people; this token was made for a program.")
            porter.turn_away(request, found.actor, refusal, {"reason": "kind"})
            return self.entrance(wanted, refusal.message)
        return await self._signed_in(found, wanted, token)

    async def _signed_in(self, person: Identified, wanted: str, token: str) -> Response:
        """Sign a person in, and lead them to where they wanted to go."""
        made_here = "." not in token  # one of an issuer is in no table here, and says itself which roles its person has
        held, lasts_ms = await self._sign_ins.begin(person, token if made_here else None)
        response = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
        self.hold(response, held, lasts_ms)
        return response

    async def _out(self, asked: Asked) -> Response:
        await self._sign_ins.end(asked.request.cookies.get(self._cookie, ""))
        response = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
        self.hold(response, "", 0)
        return response

    def hold(self, response: Response, held: str, lasts_ms: int) -> None:
        """Let the browser hold something; nothing any more after no time."""
        response.set_cookie(
            self._cookie,
            held,
            max_age=lasts_ms // 1000,
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="strict",
        )

    def entrance(self, wanted: str, problem: str | None = None) -> Response:
        """Show where people sign in, and why somebody could not."""
        status = HTTPStatus.OK if problem is None else HTTPStatus.FORBIDDEN
        return self._pages.page("sign_in.html", None, status, wanted=wanted, problem=problem, issuer=self._issuer)

"""The doors of the console: who is signed in comes in, and what is to be done comes from a page of ours.

A token in a header opens nothing here, so that no program takes the console's way to decide: its channel stands for a
person before a browser.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.fsm.refusals import Refusal

from ..bounds import PATH_CHARACTERS
from ..errors import EngineClosed, StoreError, StoreFull
from ..http.callers import Visitor, client_of, let_in
from ..http.doors import Porter
from ..http.json_bodies import NotRead
from ..identity import SOMEBODY
from ..replies import Caller
from .asked import CHANNEL, ROOT, Answers, Asked
from .forms import Form, read_form
from .pages import Page, Pages
from .sign_ins import SignedIn, SignIns

SIGN_IN: Final = f"{ROOT}/sign-in"
_INSIDE: Final = re.compile(rf"{ROOT}(?:/[A-Za-z0-9_.~%/-]*)?(?:\?[A-Za-z0-9_.~%=&+:-]*)?\Z", re.ASCII)
_FORGED: Final = Refusal(
    "FORBIDDEN",
    "This did not come from a page of this console, or from an old one. Nothing was done: load the page again.",
)
_NOT_SIGNED_IN: Final = Refusal(
    "FORBIDDEN", "You are not signed in any more. Nothing was done: sign in, and do it again."
)


_FAILED: Final = Refusal(
    "BUSY", "This page could not be made; the server's log says why. Try again, or tell its operator."
)
_log = structlog.get_logger(__name__)


class Doors:
    """Makes the routes of the console.

    Args:
        sign_ins: Knows who is signed in.
        pages: Makes what is answered to others.
        cookie: The name of the cookie that a browser holds.
    """

    def __init__(self, sign_ins: SignIns, pages: Pages, cookie: str) -> None:
        self._sign_ins = sign_ins
        self._pages = pages
        self._cookie = cookie

    def shows(self, path: str, answer: Answers) -> Route:
        """Make the route of a page."""
        return self._route(path, answer, "GET")

    def does(self, path: str, answer: Answers) -> Route:
        """Make the route of something that is done by a form."""
        return self._route(path, answer, "POST")

    def open(self, path: str, answer: Callable[[Request], Awaitable[Response]], method: str = "GET") -> Route:
        """Make a route for anybody, signed in or not."""
        return Route(path, self._kept(answer), methods=[method])

    async def signed_in(self, request: Request) -> SignedIn | None:
        """Give who is signed in, if somebody is."""
        return await self._sign_ins.of(request.cookies.get(self._cookie, ""))

    def is_from_here(self, request: Request) -> bool:
        """Whether a browser says that a form was sent from a page of ours. The boundary has judged any `Origin`."""
        site = request.headers.get("sec-fetch-site")
        return "origin" in request.headers if site is None else site == "same-origin"

    def turn_away(self, request: Request, refusal: Refusal, signed_in: SignedIn | None = None) -> Response:
        """Refuse, and have it written down."""
        actor = SOMEBODY if signed_in is None else signed_in.actor
        _porter(request).turn_away(request, actor, refusal, {"reason": "console"})
        return self._pages.refused(refusal, signed_in)

    def _route(self, path: str, answer: Answers, method: str) -> Route:
        async def admitted(request: Request) -> Response:
            signed_in = await self.signed_in(request)
            if signed_in is None:
                return self._to_sign_in(request)
            too_much = _porter(request).too_much(request, signed_in.actor)
            if too_much is not None:
                busy = Refusal(
                    "BUSY", "You ask too often, or too much at once. Nothing was done: try again in a moment."
                )
                return self._pages.refused(busy, signed_in, HTTPStatus(too_much.status_code))
            let_in(request.scope, Visitor(signed_in.actor, lambda: self._still(request), signed_in.expires_at))
            form = await self._form(request, signed_in) if method == "POST" else Form()
            if isinstance(form, Response):
                return form
            caller = Caller(signed_in.actor, client_of(request), CHANNEL)
            return await answer(Asked(request, signed_in, caller, form))

        return Route(path, self._kept(admitted), methods=[method])

    async def _still(self, request: Request) -> bool:
        return await self.signed_in(request) is not None

    async def _form(self, request: Request, signed_in: SignedIn) -> Form | Response:
        """Read a form that a page of ours has sent."""
        if not self.is_from_here(request):
            return self.turn_away(request, _FORGED, signed_in)
        form = await read_form(request)
        if isinstance(form, Form) and not signed_in.made(form.one("forgery")):
            return self.turn_away(request, _FORGED, signed_in)
        return form

    def _to_sign_in(self, request: Request) -> Response:
        if request.method == "POST":
            return self.turn_away(request, _NOT_SIGNED_IN)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("hx-request"):
            return Response(headers={"hx-redirect": SIGN_IN})
        if request.headers.get("sec-fetch-site") == "cross-site" and self._cookie not in request.cookies:
            # A link in a message: browsers hold the cookie back from it. Coming from a page of ours they will not.
            return self._pages.page("going_on.html", None, path=inside(path), said="You come from another page.")
        return RedirectResponse(f"{SIGN_IN}?next={quote(path, safe='')}", HTTPStatus.SEE_OTHER)

    def _kept(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Answer by a page where the database does not, or the request cannot be read."""

        async def made(request: Request) -> Response:
            response = await answer(request)
            if isinstance(response, Page):
                await response.make()
            return response

        async def answered(request: Request) -> Response:
            try:
                return await made(request)
            except ClientDisconnect:
                raise
            except NotRead as error:
                refused = self._pages.refused(error.refusal, None, error.status)
            except StoreFull as error:
                refused = self._pages.refused(Refusal("STORAGE_FULL", str(error)), None)
            except (StoreError, EngineClosed) as error:
                refused = self._pages.refused(Refusal("BUSY", str(error)), None)
            except Exception:  # noqa: BLE001 -- whoever sits before a browser is told so in words
                _log.exception("a page of the console could not be made", path=request.url.path)
                refused = self._pages.refused(_FAILED, None, HTTPStatus.INTERNAL_SERVER_ERROR)
            await refused.make()
            return refused

        return answered


def inside(path: str) -> str:
    """Give a path of the console as it is; of any other the console itself, so that nobody is led elsewhere."""
    return path if len(path) <= PATH_CHARACTERS and _INSIDE.match(path) and "//" not in path else ROOT


def _porter(request: Request) -> Porter:
    porter: Porter = request.app.state.porter
    return porter

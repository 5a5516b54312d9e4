"""Signing in with an OIDC issuer: a browser is sent to it, and comes back.

Until it does, it holds in a cookie what it has begun with (`credentials.code_flow`), and where its person wanted to
go. That cookie must come along when the issuer sends the browser back, so it is `Lax`; it opens nothing. The one that
does is `Strict`, and browsers hold it back from whatever another site has led to: so the answer is a page that goes on
by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..bounds import SIGN_IN_PENDING_MS
from ..credentials.port import Identified, NotAccepted
from ..http.doors import Porter
from .asked import ROOT
from .doors import SIGN_IN, Doors, inside
from .pages import Pages
from .sign_ins import SignIns

if TYPE_CHECKING:
    from ..credentials.code_flow import CodeFlow
    from .signing import Signing

BEGIN: Final = f"{SIGN_IN}/issuer"
CALLBACK: Final = f"{SIGN_IN}/callback"
"""Where an issuer sends browsers back to: what is registered with it, after the server's address."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer with which people sign in.

    Attributes:
        name: What people are told of it: its host.
        flow: Signs them in.
    """

    name: str
    flow: CodeFlow


class IssuerSigning:
    """Answers whoever signs in with an issuer.

    Args:
        issuer: It.
        doors: Those of the console.
        pages: Makes pages.
        sign_ins: Where it is kept who is signed in.
        signing: The entrance.
        base: The address that browsers are sent back to, without a path.
    """

    def __init__(
        self, issuer: Issuer, doors: Doors, pages: Pages, sign_ins: SignIns, signing: Signing, base: str
    ) -> None:
        self._issuer = issuer
        self._doors = doors
        self._pages = pages
        self._sign_ins = sign_ins
        self._signing = signing
        self._base = base
        self._is_https = base.startswith("https:")
        # The prefix keeps hosts beside this one from planting what they have begun; it demands the path `/`.
        self._cookie, self._path = ("__Host-pointsman-begun", "/") if self._is_https else ("pointsman-begun", SIGN_IN)

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [self._doors.open(BEGIN, self._begin), self._doors.open(CALLBACK, self._back)]

    async def _begin(self, request: Request) -> Response:
        wanted = inside(request.query_params.get("next", ROOT))
        if request.headers.get("host", "").lower() != urlsplit(self._base).netloc:
            # It will be sent back to this address, and must hold there what it has begun with.
            return RedirectResponse(f"{self._base}{BEGIN}?next={quote(wanted, safe='')}", HTTPStatus.SEE_OTHER)
        begun = await self._issuer.flow.begin()
        if isinstance(begun, NotAccepted):
            return self._signing.entrance(wanted, begun.message)
        response = RedirectResponse(begun.address, HTTPStatus.SEE_OTHER)
        self._hold(response, f"{begun.secret}.{quote(wanted, safe='')}", SIGN_IN_PENDING_MS)
        return response

    async def _back(self, request: Request) -> Response:
        secret, _, path = request.cookies.get(self._cookie, "").partition(".")
        wanted = inside(unquote(path))
        porter: Porter = request.app.state.porter
        found = porter.noted(request, await self._issuer.flow.finish(secret, request.query_params.multi_items()))
        if isinstance(found, Identified):
            response = await self._signed_in(found, wanted)
        else:
            response = self._signing.entrance(wanted, found.message)
        self._hold(response, "", 0)
        return response

    async def _signed_in(self, person: Identified, wanted: str) -> Response:
        held, lasts_ms = await self._sign_ins.begin(person)
        response = self._pages.page("going_on.html", None, path=wanted, said="You are signed in.")
        self._signing.hold(response, held, lasts_ms)
        return response

    def _hold(self, response: Response, held: str, lasts_ms: int) -> None:
        """Let the browser hold what it has begun with; nothing any more after no time."""
        response.set_cookie(
            self._cookie,
            held,
            max_age=lasts_ms // 1000,
            path=self._path,
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

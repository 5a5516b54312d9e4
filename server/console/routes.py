"""The routes of the console."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pointsman.fsm.refusals import Refusal

from ..inquiry import Inquiry
from .asked import ROOT
from .auditing import Auditing
from .doors import Doors
from .driving import Driving
from .effects import Effects
from .inbox import Inbox
from .issuer_signing import Issuer, IssuerSigning
from .live import Live
from .pages import Pages
from .reviewing import Reviewing
from .session_page import SessionPage
from .sessions import Sessions
from .sign_ins import SignIns
from .signing import Signing
from .static_files import ROOT as STATIC
from .static_files import StaticFiles
from .verifying import Verifying
from .workflows import Workflows

if TYPE_CHECKING:
    from ..governor import Governor

_NOTHING: Refusal = Refusal("NOT_FOUND", "There is no such page in the console.")


def console_routes(governor: Governor, inquiry: Inquiry, base: str, issuer: Issuer | None = None) -> list[Route]:
    """Make the routes of all pages.

    Args:
        governor: Whose sessions they show.
        inquiry: Answers what pages ask.
        base: The address that browsers reach them by, without a path.
        issuer: With whom people sign in beside tokens, if with anybody.
    """
    is_https = base.startswith("https:")
    files = StaticFiles()
    pages = Pages(files, governor.clock)
    # The prefix lets browsers take the cookie from this host alone (RFC 6265bis, section 4.1.3.2).
    cookie = "__Host-pointsman" if is_https else "pointsman"
    sign_ins = SignIns(governor.engine, governor.clock)
    doors = Doors(sign_ins, pages, cookie)
    signing = Signing(doors, sign_ins, pages, cookie, None if issuer is None else issuer.name, is_https=is_https)
    elsewhere = None if issuer is None else IssuerSigning(issuer, doors, pages, sign_ins, signing, base)

    async def root(_request: Request) -> Response:
        return RedirectResponse(f"{ROOT}/reviews", HTTPStatus.SEE_OTHER)

    async def nothing(request: Request) -> Response:
        return pages.refused(_NOTHING, await doors.signed_in(request))

    return [
        doors.open(ROOT, root),
        doors.open(f"{STATIC}/{{name}}", files.answer),
        *signing.routes(),
        *([] if elsewhere is None else elsewhere.routes()),
        *Inbox(doors, pages, inquiry).routes(),
        *Reviewing(doors, pages, governor, inquiry).routes(),
        *Sessions(doors, pages, inquiry, governor.clock).routes(),
        *SessionPage(doors, pages, governor, inquiry).routes(),
        *Live(doors, pages, governor).routes(),
        *Driving(doors, pages, governor, inquiry).routes(),
        *Workflows(doors, pages, governor, inquiry).routes(),
        *Effects(doors, pages, inquiry).routes(),
        *Verifying(doors, pages, inquiry).routes(),
        *Auditing(doors, pages, inquiry).routes(),
        doors.open(f"{ROOT}/{{rest:path}}", nothing),
    ]

"""The doors: every route says which credentials it takes, and whoever comes in is known from then on.

A door asks who somebody is, and never what they may do: that is the workflow's to say. What is turned
away is recorded in the chain of calls that belong to no session.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor, ActorKind

from ..bounds import HTTP_TOO_OFTEN_MS, TOLD_CHARACTERS
from ..credentials.port import Authenticator, Identified, NotAccepted
from ..identity import SOMEBODY
from ..replies import Caller
from .callers import Visitor, address_of, client_of, let_in
from .connections import runs_for
from .rates import Limits
from .refusals import TOO_BUSY, refused

Credential: TypeAlias = Literal["none", "agent", "human", "system"]
"""What somebody comes with: no token, or one of this kind."""
TurnedAway: TypeAlias = Callable[[Caller, str, Refusal, JsonObject], None]
"""Is told who was turned away, from what, why, and more about it. Must not wait."""

TOKENS: Final[frozenset[Credential]] = frozenset({"agent", "human", "system"})
ANYBODY: Final[frozenset[Credential]] = frozenset({"none", *TOKENS})
CHANNEL: Final = "http"

_KINDS: Final[dict[ActorKind, Credential]] = {"agent": "agent", "human": "human", "external": "system"}
_BEARER: Final = "bearer "
_TOO_MANY_TOKENS: Final = "Too many tokens that open nothing come from here."


class Porter:
    """Knows whoever comes to a door.

    Args:
        authenticator: Knows tokens.
        tokenless: Who somebody without a token is; None where nobody is let in without one.
        on_turned_away: Told of everybody who is turned away, but those who come too often.
        limits: Say how often somebody may come; they count those who come more often.
        metadata_url: Says where it stands who issues tokens for the address of a path (RFC 9728), if somebody does.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        tokenless: Actor | None,
        on_turned_away: TurnedAway,
        limits: Limits,
        metadata_url: Callable[[str], str] | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._tokenless = tokenless
        self._on_turned_away = on_turned_away
        self._limits = limits
        self._metadata_url = metadata_url

    async def admit(self, request: Request, admits: Collection[Credential]) -> Visitor | Response | None:
        """Give whoever comes; None for somebody unknown where the door takes such; or the answer to the others.

        Who comes too often waits for it.
        """
        found = await self._judged(request, admits)
        if isinstance(found, Response) and found.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            await asyncio.sleep(HTTP_TOO_OFTEN_MS / 1000)
        return found

    async def _judged(self, request: Request, admits: Collection[Credential]) -> Visitor | Response | None:
        headers = request.headers.getlist("authorization")
        token = _token(headers)
        if not token and not (headers and TOKENS.issuperset(admits)):
            return self._without_token(request, admits)
        if not token:
            return self._unauthorized(request, NotAccepted("malformed", "Write `Authorization: Bearer TOKEN`, once."))
        found = await self._authenticator.identify(token)
        if isinstance(found, NotAccepted):
            return self._unauthorized(request, found)
        too_much = self.too_much(request, found.actor)
        if too_much is not None:
            return too_much
        if _KINDS.get(found.actor.kind) not in admits:
            return self._wrong_kind(request, found.actor, admits)

        async def is_welcome() -> bool:
            return not isinstance(await self._authenticator.identify(token), NotAccepted)

        return Visitor(found.actor, is_welcome, found.expires_at)

    async def identify(self, request: Request, token: str) -> Identified | NotAccepted:
        """Say whom a token names that came otherwise than in a header."""
        return self.noted(request, await self._authenticator.identify(token))

    def noted(self, request: Request, found: Identified | NotAccepted) -> Identified | NotAccepted:
        """Count what somebody has shown and what opens nothing, and have it written down."""
        if isinstance(found, Identified) or found.reason == "unavailable":
            return found
        peer = address_of(request)
        if not self._limits.failures.admits(peer):
            return NotAccepted("unavailable", _TOO_MANY_TOKENS)
        actor = SOMEBODY if found.principal is None else Actor("external", found.principal)
        self.turn_away(request, actor, Refusal("FORBIDDEN", found.message), {"reason": found.reason})
        return found

    def too_much(self, request: Request, actor: Actor) -> Response | None:
        """Give the answer to a principal who asks too often, or too much at the same time."""
        who = Actor(actor.kind, actor.id)
        if not runs_for(request.scope, who):
            return TOO_BUSY
        requests = self._limits.requests
        if requests is None or requests.admits(who):
            return None
        return _too_often(requests.wait_s(who), f"You may ask {requests.rate.per_second} times a second.")

    def _without_token(self, request: Request, admits: Collection[Credential]) -> Visitor | Response | None:
        if self._tokenless is not None and _KINDS.get(self._tokenless.kind) in admits:
            return Visitor(self._tokenless, _always)
        if "none" in admits:
            return None
        return self._unauthorized(
            request, NotAccepted("malformed", "A token is needed: `Authorization: Bearer TOKEN`.")
        )

    def _unauthorized(self, request: Request, why: NotAccepted) -> Response:
        """Answer 401 as RFC 6750 has it, or 503 where the token could not be judged."""
        actor = SOMEBODY if why.principal is None else Actor("external", why.principal)
        if why.reason == "unavailable":
            refusal = Refusal("BUSY", why.message)
            self.turn_away(request, actor, refusal, {"reason": why.reason})
            return refused(refusal, headers={"retry-after": "5"})
        peer = address_of(request)
        if request.headers.get("authorization") and not self._limits.failures.admits(peer):
            return _too_often(self._limits.failures.wait_s(peer), _TOO_MANY_TOKENS)
        refusal = Refusal("FORBIDDEN", why.message)
        self.turn_away(request, actor, refusal, {"reason": why.reason})
        said = [] if not request.headers.get("authorization") else ['error="invalid_token"']
        if self._metadata_url is not None:
            said.append(f'resource_metadata="{self._metadata_url(request.scope["path"])}"')
        challenge = " ".join(["Bearer", ", ".join(said)]).strip()
        return refused(refusal, HTTPStatus.UNAUTHORIZED, {"www-authenticate": challenge})

    def _wrong_kind(self, request: Request, actor: Actor, admits: Collection[Credential]) -> Response:
        if "none" in admits and TOKENS.isdisjoint(admits):
            said = "This takes no token."
        else:
            kinds = " or ".join(kind for kind in sorted(admits) if kind != "none")
            said = f"This takes the token of kind {kinds}; yours is of kind {_KINDS.get(actor.kind)}."
        refusal = Refusal("FORBIDDEN", said)
        self.turn_away(request, actor, refusal, {"reason": "kind"})
        return refused(refusal)

    def turn_away(self, request: Request, actor: Actor, refusal: Refusal, more: JsonObject) -> None:
        """Have it written down that somebody was turned away."""
        caller = Caller(actor, client_of(request), CHANNEL)
        about: JsonObject = {"method": request.method, "path": request.scope["path"][:TOLD_CHARACTERS], **more}
        self._on_turned_away(caller, "authenticate", refusal, about)


class Door:
    """The application behind a route, for those whom it admits. Its porter is `app.state.porter`."""

    def __init__(self, app: ASGIApp, admits: frozenset[Credential]) -> None:
        self.app = app
        self.admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        porter: Porter = scope["app"].state.porter
        visitor = await porter.admit(Request(scope), self.admits)
        if isinstance(visitor, Response):
            await visitor(scope, receive, send)
            return
        if visitor is not None:
            let_in(scope, visitor)
            scope["user"] = _user(visitor.actor)
        await self.app(scope, receive, send)


def door(path: str, app: ASGIApp, methods: Collection[str], admits: Collection[Credential]) -> Route:
    """Make a route that asks who comes.

    Args:
        path: As Starlette writes it.
        app: What answers.
        methods: The methods of HTTP it has.
        admits: Which credentials it takes.
    """
    return Route(path, Door(app, frozenset(admits)), methods=list(methods))


def _too_often(wait_s: float, said: str) -> Response:
    refusal = Refusal("LIMIT_REACHED", f"{said} Nothing was done: ask again in {math.ceil(wait_s)} s.")
    return refused(refusal, HTTPStatus.TOO_MANY_REQUESTS, {"retry-after": str(math.ceil(wait_s))})


async def _always() -> bool:
    return True


def _token(headers: list[str]) -> str:
    """Give the token of a request; nothing where there is none, or no one such header."""
    if len(headers) != 1 or not headers[0].lower().startswith(_BEARER):
        return ""
    return headers[0][len(_BEARER) :].strip()


def _user(actor: Actor) -> AuthenticatedUser:
    """Name the caller to the SDK, which binds connections and what it seals to whoever began them.

    A token that is bound to a session is somebody else's: the same agent's connection may hear of other sessions.
    """
    client_id = f"{actor.kind}:{actor.session or ''}:{actor.id}"
    return AuthenticatedUser(AccessToken(token="", client_id=client_id, scopes=[], subject=actor.id))

"""What starts and moves sessions outside MCP: deliveries of webhooks, and requests with a token.

| route | what it does |
|---|---|
| `POST /workflows/{workflow}/sessions` | starts a session; or takes a delivery of the webhook without a name |
| `POST /workflows/{workflow}/webhooks/{webhook}` | takes a delivery |
| `POST /sessions/{session}/events/{event}` | delivers an event to a session that waits for the outside |

With an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) a request with a token counts once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response
from starlette.types import Receive, Scope, Send

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.refusals import Refusal

from ..bounds import TOLD_CHARACTERS
from ..governor import Governor
from ..replies import Caller, Reply, Stray
from ..triggers.handles import Handles
from .callers import API, caller_of
from .doors import ANYBODY, TOKENS, Door, door
from .hooks import Hooks
from .json_bodies import NotRead, json_of, whole_body
from .refusals import refused

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}\Z", re.ASCII)


def outside_routes(governor: Governor, handles: Handles, hooks: Hooks) -> list[Route]:
    """Make the routes."""
    requests = _Requests(governor, handles)
    start = Door(request_response(partial(_answered, governor, requests.start)), TOKENS)

    async def receive(request: Request) -> Response:
        return await hooks.receive(request, request.path_params["workflow"], request.path_params.get("webhook"))

    take = request_response(receive)

    async def start_or_take(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        signed = not _shows_token(request) and hooks.has(request.path_params["workflow"])
        await (take if signed else start)(scope, receive, send)

    deliver = request_response(partial(_answered, governor, requests.deliver))
    return [
        door("/workflows/{workflow}/sessions", start_or_take, ["POST"], ANYBODY),
        door("/workflows/{workflow}/webhooks/{webhook}", take, ["POST"], {"none"}),
        door("/sessions/{session}/events/{event}", deliver, ["POST"], {"system"}),
    ]


class _Requests:
    """What is asked with a token."""

    def __init__(self, governor: Governor, handles: Handles) -> None:
        self._governor = governor
        self._handles = handles

    async def start(self, request: Request, caller: Caller, fields: JsonObject, key: str | None) -> Response:
        """Start a session."""
        workflow: str = request.path_params["workflow"]
        handle = None if key is None else await self._named(caller, workflow, key)
        return _said(await self._governor.start(caller, workflow, fields, handle=handle), HTTPStatus.CREATED)

    async def deliver(self, request: Request, caller: Caller, arguments: JsonObject, key: str | None) -> Response:
        """Deliver an event."""
        session, event = request.path_params["session"], request.path_params["event"]
        name = None if key is None else await self._named(caller, session, key)
        return _said(await self._governor.deliver(caller, session, event, arguments, name), HTTPStatus.OK)

    async def _named(self, caller: Caller, of: str, key: str) -> str:
        """Name what a caller's key stands for: two callers may have the same."""
        actor = caller.actor
        return await self._handles.of("key", actor.accountable, actor.kind, actor.id, of, key)


_Answers: TypeAlias = Callable[[Request, Caller, JsonObject, str | None], Awaitable[Response]]


async def _answered(governor: Governor, answer: _Answers, request: Request) -> Response:
    """Read a request, and have it answered; one that cannot be read is recorded."""
    caller = caller_of(request, API)
    try:
        key = _key(request)
        fields = await _fields(request)
        return fields if isinstance(fields, Response) else await answer(request, caller, fields, key)
    except NotRead as error:
        about: JsonObject = {"path": request.url.path[:TOLD_CHARACTERS]}
        await governor.stray(caller, "request", error.refusal, about)
        return refused(error.refusal, error.status)


def _key(request: Request) -> str | None:
    """Give the key by which a request counts once, if it has one.

    Raises:
        NotRead: it is none.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.match(keys[0]):
        said = "`Idempotency-Key` stands there once, with 1 to 255 characters of ASCII and no space."
        raise NotRead(Refusal("MALFORMED", said))
    return keys[0]


async def _fields(request: Request) -> JsonObject | Response:
    """Read a body: a JSON object, or nothing, which is an empty one.

    Raises:
        NotRead: it is something else.
        ClientDisconnect: its client has gone.
    """
    raw = await whole_body(request)
    if isinstance(raw, Response):
        return raw
    if not raw:
        return {}
    value = await json_of(request, raw)
    if not isinstance(value, dict):
        raise NotRead(Refusal("MALFORMED", "The body must be a JSON object: the fields by their names."))
    return value


def _said(reply: Reply | Stray, status: HTTPStatus) -> Response:
    """Say what has come of a request."""
    if isinstance(reply, Stray) or reply.refusal is not None:
        return refused(reply.refusal or NOT_FOUND)
    waiting, ended = reply.waiting_for, reply.ended
    said: JsonObject = {
        "session": reply.session,
        "workflow": reply.workflow,
        "state": reply.state,
        "revision": reply.revision,
        "outcome": reply.outcome,
        "repeated": reply.repeated,
    }
    if waiting is not None:
        shown: dict[str, Json] = {"actor": waiting.actor, "role": waiting.role, "due": waiting.due}
        said["waiting_for"] = {name: value for name, value in shown.items() if value is not None}
    if ended is not None:
        said["ended"] = {"outcome": ended.outcome, "at": iso(ended.at)}
    return JSONResponse(said, HTTPStatus.OK if reply.repeated else status)


def _shows_token(request: Request) -> bool:
    return any(said.lower().startswith("bearer") for said in request.headers.getlist("authorization"))

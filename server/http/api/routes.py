"""The routes of the API, made of its endpoints."""

from __future__ import annotations

from functools import partial

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response

from pointsman.contracts.values import JsonObject

from ...bounds import TOLD_CHARACTERS
from ...documents.pages import Page
from ...inquiry import Inquiry
from ...replies import Caller, Stray
from ..callers import API, caller_of, visitor_of
from ..doors import ANYBODY, door
from ..json_bodies import NotRead
from ..refusals import refused
from .endpoint import ROOT, Answer, AnyEndpoint, Asked
from .endpoints import endpoints
from .openapi import openapi
from .reading import read_json, read_query


def api_routes(inquiry: Inquiry) -> list[Route]:
    """Make the routes of everything that an inquiry answers, and that of the OpenAPI document."""
    declared = endpoints(inquiry)
    document = JSONResponse(openapi(declared))

    async def described(_request: Request) -> Response:
        return document

    return [
        door(f"{ROOT}/openapi.json", request_response(described), ["GET"], ANYBODY),
        *(
            door(ROOT + one.path, request_response(partial(_serve, inquiry, one)), [one.method], one.admits)
            for one in declared
        ),
    ]


async def _serve(inquiry: Inquiry, endpoint: AnyEndpoint, request: Request) -> Response:
    caller = caller_of(request, API)
    try:
        asked = await _read(endpoint, caller, request)
    except NotRead as error:
        about: JsonObject = {"path": request.url.path[:TOLD_CHARACTERS]}
        await inquiry.refuse(caller, endpoint.name, error.refusal, about)
        return refused(error.refusal, error.status)
    if isinstance(asked, Response):
        return asked
    answer: Answer = await endpoint.answer(asked)
    if isinstance(answer, Stray):
        return refused(answer.refusal)
    return JSONResponse(_listed(answer) if isinstance(answer, Page) else answer)


def _listed(page: Page) -> JsonObject:
    members: JsonObject = {"items": [*page.items], "cursor": page.cursor}
    return members if page.looked_back_to is None else {**members, "looked_back_to": page.looked_back_to}


async def _read(endpoint: AnyEndpoint, caller: Caller, request: Request) -> Asked[BaseModel, BaseModel] | Response:
    """Hold a request to what the endpoint takes.

    Raises:
        NotRead: it is something else.
        ClientDisconnect: its client has gone.
    """
    parameters = read_query(endpoint.parameters, request.query_params.multi_items())
    body = await read_json(endpoint.body, request) if endpoint.has_body else endpoint.body()
    if isinstance(body, Response):
        return body
    visitor = visitor_of(request.scope)
    if visitor is None:
        raise LookupError
    name = next(iter(request.path_params.values()), "")
    return Asked(visitor, caller, str(name), parameters, body)

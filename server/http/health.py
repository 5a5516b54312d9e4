"""Whether the server lives, and whether it can work: for whoever keeps it running. It says nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response

from .doors import ANYBODY, door

LIVES: Final = "/healthz"
READY: Final = "/readyz"
PROBES: Final = frozenset({LIVES, READY})


def health_routes(is_ready: Callable[[], Awaitable[bool]]) -> list[Route]:
    """Make the two routes. `is_ready` says whether calls can be answered."""

    async def lives(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        if await is_ready():
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "not ready"}, HTTPStatus.SERVICE_UNAVAILABLE)

    answers = {LIVES: lives, READY: ready}
    return [door(path, request_response(answer), ["GET"], ANYBODY) for path, answer in answers.items()]

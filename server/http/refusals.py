"""How a refusal is answered outside MCP: one form, and the status of HTTP that programs expect."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Code, Refusal

from ..documents import answers
from ..errors import EngineClosed, StoreBusy, StoreFull

_log = structlog.get_logger(__name__)

STATUSES: Final[Mapping[Code, HTTPStatus]] = {
    "MALFORMED": HTTPStatus.BAD_REQUEST,
    "TOO_LARGE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "MISSING_FIELDS": HTTPStatus.UNPROCESSABLE_ENTITY,
    "INVALID_FIELDS": HTTPStatus.UNPROCESSABLE_ENTITY,
    "BUSY": HTTPStatus.SERVICE_UNAVAILABLE,
    "STORAGE_FULL": HTTPStatus.INSUFFICIENT_STORAGE,
}
"""Every other refusal is a conflict with where the session is: 409."""

NOTHING_THERE: Final = "There is nothing at this address."
AGAIN: Final[Mapping[str, str]] = {"retry-after": "1"}
"""The header of an answer that says to ask again in a second."""


def refused(refusal: Refusal, status: HTTPStatus | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a refusal.

    Args:
        refusal: What is refused, and why.
        status: If it is another one than its code's.
        headers: More of them.
    """
    chosen = status or STATUSES.get(refusal.code, HTTPStatus.CONFLICT)
    return JSONResponse(refusal_body(refusal), chosen, headers)


def refusal_body(refusal: Refusal) -> JsonObject:
    """Write a refusal as replies have it (docs/replies.md)."""
    return {"refusal": answers.refused(refusal)}


def too_large(limit_bytes: int) -> Refusal:
    """Refuse a body of more than so many bytes."""
    return Refusal("TOO_LARGE", f"The body is larger than {limit_bytes} bytes, which are the most.")


TOO_BUSY: Final = refused(
    Refusal("BUSY", "The server has too much to do. Nothing was done: ask again later."), headers=AGAIN
)


async def unavailable(_request: Request, error: Exception) -> Response:
    """Answer that nothing was done because of the database, or because the server ends: 503, or 507.

    Args:
        error: A `StoreError`, or `EngineClosed`.
    """
    if not isinstance(error, StoreBusy | StoreFull | EngineClosed):
        _log.error("the database cannot be used", error=str(error))
    code: Code = "STORAGE_FULL" if isinstance(error, StoreFull) else "BUSY"
    return refused(Refusal(code, str(error)), headers={"retry-after": "5"})

"""Reads the body of a request as JSON, strictly, within the bounds of all arguments."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import Json
from pointsman.fsm.refusals import Refusal

from ..bounds import READ_AT_ONCE_BYTES
from ..json_rpc.messages import Oversized
from .bodies import read_body
from .refusals import too_large

JSON: Final = "application/json"

NO_JSON: Final = Refusal("MALFORMED", f"Send the body as JSON, with the header `Content-Type: {JSON}`.")


class NotRead(Exception):
    """A request is not what is taken here: why, and the status of HTTP if it is not that of the code."""

    def __init__(self, refusal: Refusal, status: HTTPStatus | None = None) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.status = status


async def whole_body(request: Request) -> bytes | Response:
    """Read a body; one that takes too long to come is answered.

    Raises:
        NotRead: it is too large.
        ClientDisconnect: its client has gone.
    """
    raw = await read_body(request, ARGUMENTS_BYTES)
    if isinstance(raw, Oversized):
        raise NotRead(too_large(ARGUMENTS_BYTES))
    return raw


async def json_of(request: Request, raw: bytes) -> Json:
    """Read a body that must be JSON, and must be called so: no page of another site can send that without asking.

    Raises:
        NotRead: it is not.
    """
    if not is_json(request):
        raise NotRead(NO_JSON, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    value = read_json(raw) if len(raw) <= READ_AT_ONCE_BYTES else await asyncio.to_thread(read_json, raw)
    if isinstance(value, Fault):
        raise NotRead(Refusal("MALFORMED", f"The body: {value.message}."))
    return value


def is_json(request: Request) -> bool:
    """Whether a request says that its body is JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON


def read_json(raw: bytes) -> Json | Fault:
    """Read JSON strictly."""
    read = JsonReader().read(raw)
    return read if isinstance(read, Fault) else read.fault or read.value

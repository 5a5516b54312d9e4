<<<<<<< HEAD
"""Reads a body that must be JSON, strictly."""
=======
"""Reads the body of a request as JSON, strictly, within the bounds of all arguments."""
>>>>>>> main

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

from ..json_rpc.messages import Oversized
from .bodies import read_body

<<<<<<< HEAD
JSON_TYPE: Final = "application/json"
=======
JSON: Final = "application/json"
>>>>>>> main
AT_ONCE_BYTES: Final = 64 * 1024
"""Read on the event loop; what is larger is read beside it."""


class NotRead(Exception):
<<<<<<< HEAD
    """A request that is not what its route takes: why, and the status if it is not the code's own."""
=======
    """A request is not what is taken here: why, and the status of HTTP if it is not that of the code."""
>>>>>>> main

    def __init__(self, refusal: Refusal, status: HTTPStatus | None = None) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.status = status


<<<<<<< HEAD
async def read_json_body(request: Request) -> Json | Response:
    """Read a body; one that takes too long to come is answered.

    Raises:
        NotRead: it is too large, or no JSON as it must be.
        ClientDisconnect: its client has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON_TYPE:
        said = Refusal("MALFORMED", f"Send the body as JSON, with the header `Content-Type: {JSON_TYPE}`.")
        raise NotRead(said, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    raw = await read_body(request, ARGUMENTS_BYTES)
    if isinstance(raw, Response):
        return raw
    if isinstance(raw, Oversized):
        raise NotRead(Refusal("TOO_LARGE", f"The body has {raw.size_bytes} bytes; {ARGUMENTS_BYTES} are the most."))
=======
async def whole_body(request: Request) -> bytes | Response:
    """Read a body; one that takes too long to come is answered.

    Raises:
        NotRead: it is too large.
        ClientDisconnect: its client has gone.
    """
    raw = await read_body(request, ARGUMENTS_BYTES)
    if isinstance(raw, Oversized):
        said = f"The body is larger than {ARGUMENTS_BYTES} bytes, which are the most."
        raise NotRead(Refusal("TOO_LARGE", said))
    return raw


async def json_of(request: Request, raw: bytes) -> Json:
    """Read a body that must be JSON, and must be called so: no page of another site can send that without asking.

    Raises:
        NotRead: it is not.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        said = f"Send the body as JSON, with the header `Content-Type: {JSON}`."
        raise NotRead(Refusal("MALFORMED", said), HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
>>>>>>> main
    value = read_json(raw) if len(raw) <= AT_ONCE_BYTES else await asyncio.to_thread(read_json, raw)
    if isinstance(value, Fault):
        raise NotRead(Refusal("MALFORMED", f"The body: {value.message}."))
    return value


def read_json(raw: bytes) -> Json | Fault:
<<<<<<< HEAD
    """Read a text. A reader of its own: another may be read beside this one."""
=======
    """Read JSON strictly."""
>>>>>>> main
    read = JsonReader().read(raw)
    return read if isinstance(read, Fault) else read.fault or read.value

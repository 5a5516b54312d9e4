"""Reads the body of a delivery: JSON, or a form, held to what JSON can be here, and its hash byte for byte."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.json_reader import Fault
from pointsman.contracts.values import Json

from ..bounds import FORM_BYTES, READ_AT_ONCE_BYTES
from ..json_rpc.messages import Oversized
from ..triggers.forms import MULTIPART, URLENCODED, FormReader, media_type, read_urlencoded
from ..triggers.signatures import Signed
from .bodies import pass_body_on, read_body
from .json_bodies import JSON, read_json
from .refusals import refused, too_large


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery that has come in: what its sender may have signed, and what it says once it is asked for."""

    signed: Signed
    read: Callable[[], Json | Fault]
    size_bytes: int

    async def body(self) -> Json | Fault:
        """Give what it says."""
        return self.read() if self.size_bytes <= READ_AT_ONCE_BYTES else await asyncio.to_thread(self.read)


async def received(request: Request) -> Delivered | Response:
    """Read a delivery whose sender may have signed every byte of it.

    Raises:
        ClientDisconnect: its client has gone.
    """
    raw = await read_body(request, ARGUMENTS_BYTES)
    if isinstance(raw, Response):
        return raw
    if isinstance(raw, Oversized):
        return _too_large(ARGUMENTS_BYTES)
    signed = Signed(single_headers(request), raw, hashlib.sha256(raw).hexdigest())
    kind = request.headers.get("content-type", JSON)
    return Delivered(signed, lambda: _said(kind, raw), len(raw))


async def received_unsigned(request: Request) -> Delivered | Response:
    """Read a delivery whose body nobody signs. A form may then be large, because nothing is kept of its files.

    Raises:
        ClientDisconnect: its client has gone.
    """
    kind, options = media_type(request.headers.get("content-type", JSON))
    if kind != MULTIPART or not options.get(b"boundary"):
        return await received(request)
    reader, whole = FormReader(options[b"boundary"]), hashlib.sha256()

    def take(part: bytes) -> None:
        whole.update(part)
        reader.feed(part)

    answer = await pass_body_on(request, FORM_BYTES, take)
    if isinstance(answer, Oversized):
        return _too_large(FORM_BYTES)
    return answer or Delivered(Signed(single_headers(request), b"", whole.hexdigest()), reader.fields, 0)


def single_headers(request: Request) -> dict[str, str]:
    """Give the headers by name; one that comes twice says nothing."""
    counts = Counter(request.headers.keys())
    return {name: value for name, value in request.headers.items() if counts[name] == 1}


def _said(content_type: str, raw: bytes) -> Json | Fault:
    kind, options = media_type(content_type)
    if kind == JSON or kind.endswith("+json"):
        return read_json(raw)
    if kind == URLENCODED:
        return read_urlencoded(raw)
    if kind == MULTIPART and options.get(b"boundary"):
        reader = FormReader(options[b"boundary"])
        reader.feed(raw)
        return reader.fields()
    return Fault(f"send JSON or a form, and say which: `Content-Type: {JSON}`")


def _too_large(limit_bytes: int) -> Response:
    return refused(too_large(limit_bytes), headers={"connection": "close"})

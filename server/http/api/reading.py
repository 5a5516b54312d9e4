"""Holds the query and the body of a request to what an endpoint takes, and names everything that is not met."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pointsman.contracts.bounds import ARGUMENTS_BYTES, UNMET
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.problems import Unmet, join
from pointsman.fsm.refusals import Code, Refusal

from ...json_rpc.messages import Oversized
from ..bodies import read_body

M = TypeVar("M", bound=BaseModel)

_JSON: Final = "application/json"
_AT_ONCE_BYTES: Final = 64 * 1024
"""Read on the event loop; what is larger is read beside it."""


class NotRead(Exception):
    """A request that is not what the endpoint takes: why, and the status if it is not the code's own."""

    def __init__(self, refusal: Refusal, status: HTTPStatus | None = None) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.status = status


def read_query(model: type[M], given: Iterable[tuple[str, str]]) -> M:
    """Read a query.

    Raises:
        NotRead: a parameter is not known, stands there twice or has a value that it cannot have.
    """
    pairs = list(given)
    counted = Counter(name for name, _ in pairs)
    twice = [Unmet(join("", name), "stands there twice", missing=False) for name, times in counted.items() if times > 1]
    return _held(model, dict(pairs), "The query", twice)


async def read_json(model: type[M], request: Request) -> M | Response:
    """Read a body; one that takes too long to come is answered.

    Raises:
        NotRead: it is too large, no JSON as it must be, or not what the endpoint takes.
        ClientDisconnect: its client has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        said = Refusal("MALFORMED", f"Send the body as JSON, with the header `Content-Type: {_JSON}`.")
        raise NotRead(said, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = await read_body(request, ARGUMENTS_BYTES)
    if isinstance(body, Response):
        return body
    if isinstance(body, Oversized):
        raise NotRead(Refusal("TOO_LARGE", f"The body has {body.size_bytes} bytes; {ARGUMENTS_BYTES} are the most."))
    reader = JsonReader()  # one alone: another body may be read beside this one
    read = reader.read(body) if len(body) <= _AT_ONCE_BYTES else await asyncio.to_thread(reader.read, body)
    fault = read if isinstance(read, Fault) else read.fault
    if isinstance(read, Fault) or fault is not None:
        raise NotRead(Refusal("MALFORMED", f"The body: {fault.message if fault else ''}."))
    return _held(model, read.value, "The body", [])


def _held(model: type[M], value: object, what: str, already: list[Unmet]) -> M:
    unmet = already
    read: M | None = None
    try:
        read = model.model_validate(value)
    except ValidationError as error:
        unmet = [*already, *_unmet(error)][:UNMET]
    if read is not None and not unmet:
        return read
    code: Code = "MISSING_FIELDS" if any(one.missing for one in unmet) else "INVALID_FIELDS"
    told = "; ".join(f"{one.path} {one.problem}".strip() for one in unmet)
    raise NotRead(Refusal(code, f"{what}: {told}.", tuple(unmet)))


def _unmet(error: ValidationError) -> Iterable[Unmet]:
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = ""
        for part in one["loc"]:
            path = join(path, part)
        yield Unmet(path, _PROBLEMS.get(one["type"]) or _problem(one["msg"]), missing=one["type"] == "missing")


def _problem(message: str) -> str:
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return f"must be {text}" if message.startswith("Input should be ") else text[:1].lower() + text[1:]


_PROBLEMS: Final = {"missing": "is missing", "extra_forbidden": "is not known here"}

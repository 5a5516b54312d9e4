"""Holds the query and the body of a request to what an endpoint takes, and names everything that is not met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pointsman.contracts.bounds import UNMET
from pointsman.contracts.problems import Unmet, join
from pointsman.fsm.refusals import Code, Refusal

<<<<<<< HEAD
from ..json_bodies import NotRead, read_json_body
=======
from ..json_bodies import NotRead, json_of, whole_body
>>>>>>> main

M = TypeVar("M", bound=BaseModel)


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
<<<<<<< HEAD
    value = await read_json_body(request)
    return value if isinstance(value, Response) else _held(model, value, "The body", [])
=======
    raw = await whole_body(request)
    return raw if isinstance(raw, Response) else _held(model, await json_of(request, raw), "The body", [])
>>>>>>> main


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

"""`pointsman.lock`: what sources said of their tools when somebody looked, kept beside the workflow file.

It is JSON of this form:

    {"version": 1,
     "sources": {"mail": {"tools": {"send": {
         "description": "Send a letter.",
         "input_schema": {…}, "output_schema": null, "annotations": {},
         "digest": "sha256:…"}}}}}

The names are the file's own: `mail` is the source of that name, and its tool is `mail.send`. A digest is that of the
canonical text of everything else that stands there, with the name; so a change by hand is seen. This module reads the
file and never asks a source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, StringConstraints, ValidationError

from .bounds import LOCK_BYTES
from .errors import PointsmanError
from .values import Json, JsonObject, digest

LOCK_NAME: Final = "pointsman.lock"


class InvalidLock(PointsmanError):
    """The file is no `pointsman.lock`. Write it anew from the sources."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LockedTool(_Part):
    """What a source said of one tool."""

    description: str = ""
    input_schema: Annotated[JsonObject, SkipValidation]
    output_schema: Annotated[JsonObject | None, SkipValidation] = None
    annotations: Annotated[JsonObject, SkipValidation] = Field(default_factory=dict)
    digest: Annotated[str, StringConstraints(pattern="^sha256:[0-9a-f]{64}$")]

    def is_genuine(self, name: str) -> bool:
        """Whether this is what the digest was made of."""
        return self.digest == digest_of_tool(name, self.model_dump(mode="json", exclude={"digest"}))


class LockedSource(_Part):
    """What a source had."""

    tools: dict[str, LockedTool]


class Lock(_Part):
    """The whole file."""

    version: Literal[1]
    sources: dict[str, LockedSource]


def digest_of_tool(name: str, said: Mapping[str, Json]) -> str:
    """Give the digest of a tool's name, description, schemas and annotations."""
    return digest({"name": name, **said})


def read_lock(path: Path) -> Lock | None:
    """Read the lock at a path; None where there is none.

    Raises:
        InvalidLock: it cannot be read, is too large, or is of another form.
    """
    if not path.exists():
        return None
    try:
        with path.open("rb") as opened:
            content = opened.read(LOCK_BYTES + 1)
        if len(content) > LOCK_BYTES:
            raise InvalidLock(f"it is larger than {LOCK_BYTES:,} bytes")
        document = json.loads(content, object_pairs_hook=_object, parse_constant=_refuse)
        return Lock.model_validate(document)
    except OSError as error:
        raise InvalidLock(f"it cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise InvalidLock(f"{place}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidLock(f"it is no JSON: {error}") from error


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    found: JsonObject = {}
    for name, value in pairs:
        if name in found:
            message = f"the name {name!r} stands twice"
            raise ValueError(message)
        found[name] = value
    return found


def _refuse(constant: str) -> Json:
    message = f"JSON has no number {constant}"
    raise ValueError(message)

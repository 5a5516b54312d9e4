"""How a tool's arguments are sent: what is pinned of an operation beside its description and schemas.

    {"method": "GET", "path": "/pets/{petId}", "server": "https://pets.example/v1",
     "parameters": {"petId": {"in": "path", "name": "petId", "style": "simple", "explode": false}},
     "body": {"media_type": "application/json", "required": true, "argument": "body"}}

`server` is what the document says, and is there only where the workflow says no `base_url`. A body
that was taken apart has `members` in place of `argument`: its members' names by the arguments'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.values import JsonObject

Place: TypeAlias = Literal["path", "query", "header", "cookie"]
Style: TypeAlias = Literal["simple", "form", "spaceDelimited", "pipeDelimited", "deepObject", "json"]
"""The styles of OpenAPI that are written here; `json` is a parameter or member whose content is JSON."""

TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
"""A name in a path, which an argument takes the place of."""
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain"


@dataclass(frozen=True, slots=True)
class Written:
    """How a value is written."""

    style: Style
    explode: bool

    def as_json(self) -> JsonObject:
        return {"style": self.style, "explode": self.explode}


FORM_STYLE: Final = Written("form", explode=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: where it goes, by which name, and how it is written."""

    place: Place
    name: str
    written: Written

    def as_json(self) -> JsonObject:
        return {"in": self.place, "name": self.name, **self.written.as_json()}


@dataclass(frozen=True, slots=True)
class Body:
    """A body: one argument, or the members that arguments are.

    `written` says of members of a form how each is written, where that is not as usual.
    """

    media_type: str
    required: bool
    argument: str | None
    members: Mapping[str, str]
    written: Mapping[str, Written]

    def as_json(self) -> JsonObject:
        parts: JsonObject = {"argument": self.argument} if self.argument else {"members": {**self.members}}
        if self.written:
            parts["written"] = {name: one.as_json() for name, one in self.written.items()}
        return {"media_type": self.media_type, "required": self.required, **parts}


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: its method, its path with `{names}`, and its parameters by the names of the arguments."""

    method: str
    path: str
    parameters: Mapping[str, Parameter]
    body: Body | None

    def as_json(self) -> JsonObject:
        return {
            "method": self.method,
            "path": self.path,
            "parameters": {argument: parameter.as_json() for argument, parameter in self.parameters.items()},
            "body": None if self.body is None else self.body.as_json(),
        }

"""The arguments of a tool: one flat object of an operation's parameters and body.

An argument has the name that its parameter or member has on the wire, with `_` for what model APIs
do not take in names. Parameters whose names meet are told apart by their places (`path_id`,
`query_id`), and a body is never taken apart where that would make names meet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.bounds import WIRE_NAME_CHARACTERS
from pointsman.contracts.values import Json, JsonObject

from .bodies import DeclaredBody
from .parameters import Declared
from .plan import Body, Parameter
from .references import LeftOut

BODY: Final = "body"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The schema of a tool's arguments, and where each of them goes."""

    schema: JsonObject
    parameters: dict[str, Parameter]
    body: Body | None


def arguments_of(declared: Sequence[Declared], body: DeclaredBody | None) -> Arguments:
    """Name the arguments of an operation.

    Raises:
        LeftOut: two of them would have the same name, or one would have none.
    """
    plain = Counter(_argument(one.parameter.name) for one in declared)
    apart = _apart(body, plain)
    if body is not None and apart is None:
        plain[BODY] += 1
    properties: JsonObject = {}
    required: list[Json] = []
    parameters: dict[str, Parameter] = {}
    for one in declared:
        name = _argument(one.parameter.name)
        if plain[name] > 1:
            name = f"{one.parameter.place}_{name}"
        parameters[name] = one.parameter
        properties[name] = one.schema
        required += [name] if one.required else []
    sent = None
    if body is not None and apart is not None:
        members = body.members or {}
        properties |= {argument: members[name] for argument, name in apart.items()}
        required += [argument for argument, name in apart.items() if name in body.required_members]
        must = body.required or bool(body.required_members)
        sent = Body(body.media_type, must, None, apart, body.written)
    elif body is not None:
        properties[BODY] = _described(body)
        required += [BODY] if body.required else []
        sent = Body(body.media_type, body.required, BODY, {}, body.written)
    if len(properties) != len(declared) + (0 if body is None else len(apart) if apart is not None else 1):
        raise LeftOut("two of its arguments would have the same name")
    schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
    return Arguments({**schema, "required": required} if required else schema, parameters, sent)


def _apart(body: DeclaredBody | None, taken: Counter[str]) -> dict[str, str] | None:
    """Name the members of a body that is taken apart, by their arguments; None where it is one argument."""
    members = None if body is None else body.members
    if members is None:
        return None
    try:
        names = {_argument(name): name for name in members}
    except LeftOut:
        return None
    return names if len(names) == len(members) and not taken.keys() & names.keys() else None


def _argument(name: str) -> str:
    argument = _NOT_IN_NAMES.sub("_", name).strip("_" if _NOT_IN_NAMES.search(name) else "")
    if not 0 < len(argument) <= WIRE_NAME_CHARACTERS:
        raise LeftOut(f"an argument would have no name of 1 to {WIRE_NAME_CHARACTERS} letters and digits")
    return argument


def _described(body: DeclaredBody) -> Json:
    if not isinstance(body.schema, dict) or not body.description:
        return body.schema
    return {"description": body.description, **body.schema}

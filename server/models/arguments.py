"""Names of arguments that the Messages API does not take, and what stands for them in what a model reads and writes.

The API refuses a question if any property in the schema of a tool, however deep, has a name of other characters than
letters, digits, `_`, `.` and `-`, or a longer one than 64 of them. Arguments of MCP servers and members of records may
be called anything. Whatever the API does not take has one stand-in in its whole schema, so that references, variants
and what is `required` beside them go on meaning the same. It is read back only where the schema has the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from pointsman.contracts.bounds import WIRE_NAME_CHARACTERS
from pointsman.contracts.schema_rules import LITERAL_KEYWORDS, NAMED_KEYWORDS, subschemas, target_of
from pointsman.contracts.values import Json, JsonObject, as_list, as_object
from pointsman.contracts.visible import visible
from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.redaction import hides_argument, tool_named

_TAKEN: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{WIRE_NAME_CHARACTERS}}}\Z", re.ASCII)
_NOT_TAKEN: Final = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
_NAMELESS: Final = "argument"
_BY_MEMBER: Final = frozenset(("properties", "dependentSchemas"))
"""Keywords that have schemas by the names of members."""
_HERE: Final = ("allOf", "anyOf", "oneOf", "if", "then", "else", "not")
"""Keywords whose schemas are about the value itself, and not about a part of it."""
_OTHER_MEMBERS: Final = ("additionalProperties", "unevaluatedProperties")
_ANY_ITEM: Final = ("contains", "unevaluatedItems")

_Schemas = tuple[JsonObject, ...]


class Names:
    """The names in the schema of one tool or event. Where the API takes them all, everything stays as it is."""

    def __init__(self, schema: JsonObject) -> None:
        self._schema = schema
        self._stand_ins = _stand_ins(schema)
        self._places: dict[tuple[int, ...], _Place] = {}

    def written(self) -> JsonObject:
        """Give the schema as the API takes it; descriptions say which name a stand-in is for."""
        return as_object(self._written(self._schema)) if self._stand_ins else self._schema

    def read(self, arguments: JsonObject) -> JsonObject:
        """Give what a model has written under the names that the schema has.

        A stand-in whose own name is there too stays: both are then for the whole schema to judge.
        """
        return as_object(self._read(arguments, (self._schema,))) if self._stand_ins else arguments

    # Writing.

    def _written(self, schema: Json) -> Json:
        if isinstance(schema, list):
            return [self._written(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        return {keyword: self._keyword(keyword, value) for keyword, value in schema.items()}

    def _keyword(self, keyword: str, value: Json) -> Json:
        match keyword, value:
            case "properties", dict():
                return {self._name(name): self._member(name, part) for name, part in value.items()}
            case "dependentSchemas", dict():
                return {self._name(name): self._written(part) for name, part in value.items()}
            case "dependentRequired", dict():
                return {self._name(name): self._listed(names) for name, names in value.items()}
            case "required", _:
                return self._listed(value)
            case "$ref", str():
                return self._reference(value)
            case _, dict() if keyword in NAMED_KEYWORDS:
                return {name: self._written(part) for name, part in value.items()}
            case _:
                return value if keyword in LITERAL_KEYWORDS else self._written(value)

    def _name(self, name: str) -> str:
        return self._stand_ins.get(name, name)

    def _listed(self, names: Json) -> list[Json]:
        return [self._name(name) if isinstance(name, str) else name for name in as_list(names)]

    def _member(self, name: str, schema: Json) -> Json:
        written = self._written(schema)
        if name not in self._stand_ins or written is False:
            return written
        member = as_object(written)
        reference = as_object(schema).get("$ref")
        referred = target_of(self._schema, reference) if isinstance(reference, str) else None
        said = member.get("description", as_object(referred).get("description"))
        told = f"Its own name is `{visible(name)}`."
        return {**member, "description": f"{said}\n\n{told}" if isinstance(said, str) and said else told}

    def _reference(self, reference: str) -> str:
        """Write a reference inside the schema (RFC 6901) so that it leads where it led."""
        steps: list[str] = []
        keyword = ""
        for step in reference.split("/"):
            own = step.replace("~1", "/").replace("~0", "~")
            steps.append(self._stand_ins.get(own, step) if keyword in _BY_MEMBER else step)
            keyword = "" if keyword in NAMED_KEYWORDS else step
        return "/".join(steps)

    # Reading.

    def _read(self, value: Json, schemas: _Schemas) -> Json:
        """Read a value that these schemas are about."""
        if not schemas or not isinstance(value, dict | list):
            return value
        place = self._place(schemas)
        if isinstance(value, list):
            last = len(place.items) - 1
            return [self._read(item, place.items[min(index, last)]) for index, item in enumerate(value)]
        read: JsonObject = {}
        for name, item in value.items():
            own = place.own_names.get(name, name)
            own = name if own in value else own
            read[own] = self._read(item, place.members.get(own, place.others))
        return read

    def _place(self, schemas: _Schemas) -> _Place:
        key = tuple(id(schema) for schema in schemas)  # parts of the one schema, which lives as long as this
        if key not in self._places:
            self._places[key] = self._found(self._about(schemas))
        return self._places[key]

    def _about(self, schemas: _Schemas) -> _Schemas:
        """Give these schemas, and all that they say by others about the same value."""
        found: dict[int, JsonObject] = {}
        left = list(schemas)
        while left:
            schema = left.pop()
            if id(schema) in found:
                continue
            found[id(schema)] = schema
            left += [part for keyword in _HERE for part in _objects(schema.get(keyword))]
            left += _objects([*as_object(schema.get("dependentSchemas")).values()])
            reference = schema.get("$ref")
            left += _objects(target_of(self._schema, reference)) if isinstance(reference, str) else ()
        return tuple(found.values())

    def _found(self, about: _Schemas) -> _Place:
        names = {name for schema in about for name in _named(schema) if name in self._stand_ins}
        members: dict[str, _Schemas] = {}
        others: list[JsonObject] = []
        for schema in about:
            for name, member in as_object(schema.get("properties")).items():
                members[name] = (*members.get(name, ()), *_objects(member))
            others += _objects([*as_object(schema.get("patternProperties")).values()])
            others += [part for keyword in _OTHER_MEMBERS for part in _objects(schema.get(keyword))]
        longest = max(len(as_list(schema.get("prefixItems"))) for schema in about)
        items = tuple(tuple(_items(about, index)) for index in range(longest + 1))
        return _Place({self._stand_ins[name]: name for name in names}, members, tuple(others), items)


def own_arguments(workflow: Workflow, state: AgentState, called: str, arguments: JsonObject) -> JsonObject:
    """Give the arguments of a model's call under the names that the tool or event has, as this state offers it."""
    tool = tool_named(workflow, called)
    event = state.events.get(called)
    offered = None if event is None else event.contract
    contract = offered if tool is None else workflow.tool_contracts.get((state.name, tool))
    return arguments if contract is None else Names(contract.input_schema).read(arguments)


def recorded(workflow: Workflow, state: AgentState, content: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """Give an answer as it is handed to the record: as it came, but for calls of which a part is not kept.

    These have their own names: by them the workflow says what is not kept.
    """
    return tuple(_to_be_redacted(workflow, state, block) for block in content)


def _to_be_redacted(workflow: Workflow, state: AgentState, block: JsonObject) -> JsonObject:
    called, given = str(block.get("name")), block.get("input")
    tool = tool_named(workflow, called)
    if tool is None or not isinstance(given, dict):
        return block
    own = own_arguments(workflow, state, called, given)
    return {**block, "input": own} if hides_argument(workflow.tools[tool], own) else block


@dataclass(frozen=True, slots=True)
class _Place:
    """What a schema has for a value: names by their stand-ins, schemas of members by name, of all other members, and
    of items by index; the last of these are of all further ones.
    """

    own_names: dict[str, str]
    members: dict[str, _Schemas]
    others: _Schemas
    items: tuple[_Schemas, ...]


def _stand_ins(schema: JsonObject) -> dict[str, str]:
    """Give the stand-ins by the names that the API does not take. None of them is a name in the schema."""
    parts = [part for _, part in subschemas(schema)]
    refused = {name for part in parts for name in as_object(part.get("properties")) if not _TAKEN.match(name)}
    if not refused:
        return {}
    used = {name for part in parts for name in _named(part)}
    found: dict[str, str] = {}
    for name in sorted(refused):
        found[name] = next(one for one in _candidates(name) if one not in used)
        used.add(found[name])
    return found


def _candidates(name: str) -> Iterator[str]:
    plain = _NOT_TAKEN.sub("_", name).strip("_") or _NAMELESS
    yield plain[:WIRE_NAME_CHARACTERS]
    for number in count(2):
        end = f"_{number}"
        yield plain[: WIRE_NAME_CHARACTERS - len(end)] + end


def _named(schema: JsonObject) -> Iterator[str]:
    """Give every name of a member that a schema has, those of its parts left out."""
    dependent = as_object(schema.get("dependentRequired"))
    yield from as_object(schema.get("properties"))
    yield from as_object(schema.get("dependentSchemas"))
    yield from dependent
    for names in (schema.get("required"), *dependent.values()):
        yield from (name for name in as_list(names) if isinstance(name, str))


def _items(about: _Schemas, index: int) -> Iterator[JsonObject]:
    for schema in about:
        first = as_list(schema.get("prefixItems"))
        yield from _objects(first[index] if index < len(first) else schema.get("items"))
        for keyword in _ANY_ITEM:
            yield from _objects(schema.get(keyword))


def _objects(value: Json) -> list[JsonObject]:
    """Give the schemas in the value of a keyword that say more than yes or no."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]

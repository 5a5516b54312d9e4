"""Every action of a workflow as one list that never changes: what occurs in several states is merged.

A merged schema shows every argument that some state takes and demands those that all of them
demand. So it may allow more than the state a session is in; what holds there is the governor's to
say, and the description names the states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_list, as_object, canonical
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.allowed import Action, offers

from .names import agent_states

NAMED_STATES: Final = 12
"""States that a description names; the session's own replies say what its state allows."""


def merged_actions(workflow: Workflow) -> list[Action]:
    """Give everything an agent may do in any state, in the order of the file, each action once."""
    found: dict[str, list[tuple[str, Action]]] = {}
    for state in agent_states(workflow):
        for action in offers(workflow, state):
            found.setdefault(action.name, []).append((state.name, action))
    return [
        Action(name, places[0][1].kind, _description(places), merged([action.input_schema for _, action in places]))
        for name, places in found.items()
    ]


def merged(schemas: Sequence[JsonObject]) -> JsonObject:
    """Give a schema of objects that every object fits which fits one of these."""
    first = schemas[0]
    if all(schema == first for schema in schemas):
        return first
    variants: dict[str, list[Json]] = {}
    for schema in schemas:
        for name, variant in as_object(schema.get("properties")).items():
            known = variants.setdefault(name, [])
            if variant not in known:
                known.append(variant)
    properties: JsonObject = {name: _either(known) for name, known in variants.items()}
    required: list[Json] = [name for name in _required(first) if all(name in _required(other) for other in schemas)]
    same: JsonObject = {
        keyword: value
        for keyword, value in first.items()
        if all(keyword in schema and schema[keyword] == value for schema in schemas)
    }
    return {**same, "type": "object", "properties": properties, "required": required}


def placed(description: str, states: Sequence[str]) -> str:
    """Say where an action is allowed, after what it does."""
    return f"{description} Allowed in {_listed(states)} only."


def _either(variants: Sequence[Json]) -> Json:
    """Give a schema for what fits one of these; a reference would lead elsewhere, so then anything fits."""
    if len(variants) == 1:
        return variants[0]
    if any('"$ref"' in canonical(variant) for variant in variants):
        return {"description": "What it must be depends on the state; the session's status has its schema."}
    return {"anyOf": list(variants)}


def _description(places: Sequence[tuple[str, Action]]) -> str:
    """Say what an action does and leads to, and in which states; in each of them where that differs."""
    told: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for state, action in places:
        arguments = tuple(as_object(action.input_schema.get("properties")))
        told.setdefault((action.description, arguments), []).append(state)
    if len(told) == 1:
        ((text, _),) = told
        return placed(text, [state for state, _ in places])
    takes = len({arguments for _, arguments in told}) > 1
    return " ".join(
        _in_states(states, text, arguments if takes else None) for (text, arguments), states in told.items()
    )


def _in_states(states: Sequence[str], text: str, takes: Sequence[str] | None) -> str:
    taken = "" if takes is None else f" Takes {', '.join(takes) or 'no arguments'}."
    return f"In {_listed(states)}: {text}{taken}"


def _listed(states: Sequence[str]) -> str:
    more = len(states) - NAMED_STATES
    return ", ".join(states[:NAMED_STATES]) + (f" and {more} more" if more > 0 else "")


def _required(schema: JsonObject) -> list[Json]:
    return as_list(schema.get("required"))

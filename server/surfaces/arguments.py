"""Takes a tool call's arguments apart: ours (`session`, `expected_revision`) from the tool's own.

On the wire the dot of `source.tool` is written `_`, because model APIs take no dots. Where a tool
has an argument named like one of ours, ours is written with the prefix `pointsman_`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.refusals import Refusal

OURS: Final = ("session", "expected_revision")
PREFIX: Final = "pointsman_"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call's arguments, taken apart. `session` is None where none was named."""

    session: str | None
    expected_revision: int | None
    arguments: JsonObject


def wire_name(action: str) -> str:
    """Write an action's name as it stands on the wire."""
    return action.replace(".", "_")


def own_name(ours: str, properties: object) -> str:
    """Name our argument beside a schema's `properties`."""
    return PREFIX + ours if isinstance(properties, dict) and ours in properties else ours


class Clashes:
    """Knows the tools that have an argument named like one of ours."""

    def __init__(self) -> None:
        self._workflows: tuple[Workflow, ...] = ()
        self._by_action: dict[str, frozenset[str]] = {}

    def of(self, action: str, workflows: Sequence[Workflow]) -> frozenset[str]:
        """Give our names that the tool of this name (dotted or as on the wire) has for itself."""
        if len(workflows) != len(self._workflows) or any(
            known is not served for known, served in zip(self._workflows, workflows, strict=True)
        ):
            self._workflows = tuple(workflows)
            self._by_action = dict(_clashes(workflows))
        return self._by_action.get(wire_name(action), frozenset())


def take_apart(arguments: JsonObject, clashing: frozenset[str] = frozenset()) -> Asked | Refusal:
    """Take `session` and `expected_revision` out of a call's arguments."""
    rest = dict(arguments)
    given = {ours: rest.pop(PREFIX + ours if ours in clashing else ours, None) for ours in OURS}
    session, revision = given["session"], given["expected_revision"]
    unmet: list[Unmet] = []
    if session is not None and not isinstance(session, str):
        unmet.append(Unmet("session", "must be a session's handle", missing=False, schema={"type": "string"}))
        session = None
    if revision is not None and (not isinstance(revision, int) or isinstance(revision, bool)):
        unmet.append(Unmet("expected_revision", "must be an integer", missing=False, schema={"type": "integer"}))
        revision = None
    if unmet:
        return Refusal("INVALID_FIELDS", "; ".join(f"{one.path} {one.problem}" for one in unmet), tuple(unmet))
    if session is not None and (refusal := unfit(session, "session")) is not None:
        return refusal
    return Asked(session, revision, rest)


def unfit(name: str, what: str) -> Refusal | None:
    """Refuse a name that is no identifier. The name itself is not repeated: it may hold anything."""
    if IDENTIFIER.match(name):
        return None
    return Refusal("MALFORMED", f"{what}: must be 1 to 128 of the characters A-Z a-z 0-9 _ . -")


def _clashes(workflows: Sequence[Workflow]) -> Iterator[tuple[str, frozenset[str]]]:
    for workflow in workflows:
        for (_, tool), contract in workflow.tool_contracts.items():
            properties = contract.input_schema.get("properties")
            clashing = frozenset(OURS).intersection(properties if isinstance(properties, dict) else ())
            if clashing:
                yield wire_name(tool), clashing

"""The names of actions on the wire, and what a name on the wire means.

The dot of `source.tool` is written `_`, because model APIs take no dots. Where one list holds the
actions of several workflows, each name begins with its workflow's. Where a tool has an argument
named like one of ours, ours is written with the prefix `pointsman_`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.workflow import AgentState, Workflow

START: Final = "start_"
STATUS: Final = "session_status"
LIST: Final = "list_sessions"
OURS: Final = ("session", "expected_revision")
OURS_PREFIX: Final = "pointsman_"

_NO_PREFIXES: Final[Mapping[str, str]] = {}
_NONE: Final = frozenset[str]()


class NamesCollide(PointsmanError):
    """Two things have one name in the tool list. Rename one of them."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a name on the wire means.

    `workflow` is None where the name does not say it. `clashing` are our arguments that the tool
    has for itself.
    """

    workflow: str | None
    action: str
    clashing: frozenset[str] = _NONE


class Names:
    """Names the actions of the served workflows in one tool list.

    Args:
        workflows: The served workflows.
        prefixes: What the names of a workflow's actions begin with; nothing where it is not there.
    """

    def __init__(self, workflows: Sequence[Workflow], prefixes: Mapping[str, str] = _NO_PREFIXES) -> None:
        self._prefixes = prefixes
        self._meant: dict[str, Meant] = {}
        for workflow in workflows:
            clashes = dict(_clashes(workflow))
            for action in actions(workflow):
                name = self.of(workflow.name, action)
                before = self._meant.get(name)
                clashing = clashes.get(action, _NONE) | (before.clashing if before is not None else _NONE)
                self._meant[name] = Meant(workflow.name if prefixes else None, action, clashing)

    def of(self, workflow: str, action: str) -> str:
        """Give the name of an action on the wire."""
        return self._prefixes.get(workflow, "") + wire_name(action)

    def meant(self, name: str) -> Meant:
        """Say what a name means, dotted or as on the wire.

        One that is not known may be an action of an older text of its workflow.
        """
        found = self._meant.get(wire_name(name))
        if found is not None:
            return found
        of = [workflow for workflow, prefix in self._prefixes.items() if name.startswith(prefix)]
        longest = max(of, key=len, default=None)
        return Meant(longest, name if longest is None else name.removeprefix(self._prefixes[longest]))

    def ours(self, name: str, argument: str) -> str:
        """Name one of our arguments beside those of the tool with this name on the wire."""
        found = self._meant.get(name)
        return OURS_PREFIX + argument if found is not None and argument in found.clashing else argument


def wire_name(action: str) -> str:
    """Write an action's name as it stands on the wire, without any prefix."""
    return action.replace(".", "_")


def prefixes(workflows: Sequence[Workflow]) -> Mapping[str, str]:
    """Say what names begin with in a list that holds these workflows together: nothing if there is one."""
    return {workflow.name: f"{workflow.name}_" for workflow in workflows} if len(workflows) > 1 else _NO_PREFIXES


def agent_states(workflow: Workflow) -> list[AgentState]:
    """Give the states in which an agent acts that is somebody's MCP client."""
    return [one for one in workflow.states.values() if isinstance(one, AgentState) and one.model is None]


def actions(workflow: Workflow) -> list[str]:
    """Name every action that an agent may take in any state, in the order of the file, each once."""
    found: dict[str, None] = {}
    for state in agent_states(workflow):
        found |= dict.fromkeys(tool for tool in state.tools if tool in workflow.definitions)
        found |= dict.fromkeys(state.events)
    return list(found)


def require_distinct(workflows: Sequence[Workflow]) -> None:
    """See that no two things have one name in any list of tools.

    Raises:
        NamesCollide: naming both, and how to mend it.
    """
    taken = dict.fromkeys((STATUS, LIST, *(START + workflow.name for workflow in workflows)), "a tool of the server")
    mend = "Rename one of them, or serve with --surface compact, which lists neither."
    for workflow in workflows:
        for action in actions(workflow):  # as a list of this workflow alone has them
            if wire_name(action) in taken:
                raise NamesCollide(f"`{action}` of the workflow `{workflow.name}` is also a tool of the server. {mend}")
    together = Names(workflows, prefixes(workflows))
    for workflow in workflows:
        for action in actions(workflow):
            name, what = together.of(workflow.name, action), f"`{action}` of the workflow `{workflow.name}`"
            if name in taken:
                raise NamesCollide(f"{what} and {taken[name]} have one name in the tool list, `{name}`. {mend}")
            taken[name] = what


def _clashes(workflow: Workflow) -> Iterator[tuple[str, frozenset[str]]]:
    found: dict[str, frozenset[str]] = {}
    for (_, tool), contract in workflow.tool_contracts.items():
        properties = contract.input_schema.get("properties")
        own = frozenset(OURS).intersection(properties if isinstance(properties, dict) else ())
        found[tool] = found.get(tool, _NONE) | own
    yield from found.items()

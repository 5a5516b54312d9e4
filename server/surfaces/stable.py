"""The stable surface: every action an agent may take in any state, in a list that never changes.

For clients that read the list once, and for the 2026 era, which forbids lists that vary. Each tool
takes the session it is meant for. What the session's state does not allow is refused by the
governor, and replies name what it allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mcp_types import Tool
from typing_extensions import override

from pointsman.contracts.bounds import WIRE_NAME_CHARACTERS
from pointsman.contracts.workflow import Workflow

from ..bounds import LISTED_BYTES, LISTED_TOOLS
from ..replies import Governed, Reply
from .connection import Connection
from .listed import STATUS_TOOL, ActionTools, action_tool, start_tool, with_session
from .merging import merged_actions
from .names import Names, prefixes
from .surface import LIST_TOOL


class Stable(ActionTools):
    """Every action of every served workflow, as tools."""

    def __init__(self, governed: Governed) -> None:
        workflows = governed.workflows()
        super().__init__(governed, Names(workflows, prefixes(workflows)))
        self._starts = {workflow.name: start_tool(workflow) for workflow in workflows}
        self._actions = {workflow.name: self._tools(workflow) for workflow in workflows}
        self._listed = frozenset(tool.name for tools in self._actions.values() for tool in tools)

    @property
    def excess(self) -> str | None:
        """Say in which way the list is larger than clients and model APIs take; None where it is not."""
        tools = self._list(self._starts, self._actions)
        longest = max(tools, key=lambda tool: len(tool.name)).name
        size_bytes = sum(len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in tools)
        if len(tools) > LISTED_TOOLS:
            return f"{len(tools)} tools; at most {LISTED_TOOLS} are listed"
        if len(longest) > WIRE_NAME_CHARACTERS:
            return f"the name {longest} has more than {WIRE_NAME_CHARACTERS} characters"
        return f"{size_bytes} bytes; at most {LISTED_BYTES} are listed" if size_bytes > LISTED_BYTES else None

    @override
    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give the list; it is the same for every connection of a caller."""
        known = [workflow.name for workflow in await connection.workflows()]
        return self._list([workflow.name for workflow in connection.startable()], known)

    def _list(self, startable: Iterable[str], known: Iterable[str]) -> list[Tool]:
        starts = [self._starts[name] for name in startable]
        return [*starts, STATUS_TOOL, LIST_TOOL, *(tool for name in known for tool in self._actions[name])]

    def _tools(self, workflow: Workflow) -> list[Tool]:
        tools: list[Tool] = []
        for action in merged_actions(workflow):
            name = self.names.of(workflow.name, action.name)
            schema = with_session(action.input_schema, self.names.ours(name, "session"))
            tools.append(action_tool(replace(action, input_schema=schema), name, workflow.tools))
        return tools

    @override
    def _shows(self, connection: Connection, reply: Reply) -> bool:
        del connection  # a session of an older text may be allowed what the list does not have
        return all(self.names.of(reply.workflow, action.name) in self._listed for action in reply.allowed)

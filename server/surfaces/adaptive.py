"""The adaptive surface: before a session the ways to start one, in a session what its state allows.

For clients of the handshake era that follow list changes. The list shows the newest session of the
connection; calls for others name theirs, and their replies bring the schemas.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mcp_types import Tool
from typing_extensions import override

from pointsman.fsm.allowed import Action

from ..replies import Governed, Reply
from .connection import Connection
from .listed import STATUS_TOOL, ActionTools, action_tool, start_tool, with_session
from .merging import placed
from .names import Names
from .surface import LIST_TOOL


class Adaptive(ActionTools):
    """The current state's tools and events, as tools."""

    def __init__(self, governed: Governed) -> None:
        super().__init__(governed, Names(governed.workflows()))
        self._policies: Final = {one.name: one.tools for one in governed.workflows()}

    @override
    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give what the newest session allows, or how to start one where none runs."""
        newest = connection.newest
        reply = await self._governed.status(connection.caller, newest) if newest is not None else None
        connection.note(reply)
        if isinstance(reply, Reply) and reply.ended is None:
            several = len(connection.sessions) > 1
            return [*(self._tool(action, reply, several=several) for action in reply.allowed), STATUS_TOOL]
        return [*(start_tool(workflow) for workflow in connection.startable()), STATUS_TOOL, LIST_TOOL]

    def _tool(self, action: Action, reply: Reply, *, several: bool) -> Tool:
        name = self.names.of(reply.workflow, action.name)
        action = replace(action, description=placed(action.description, [reply.state]))
        if several:
            schema = with_session(action.input_schema, self.names.ours(name, "session"))
            action = replace(action, input_schema=schema)
        return action_tool(action, name, self._policies.get(reply.workflow, {}))

    @override
    def _shows(self, connection: Connection, reply: Reply) -> bool:
        return reply.session == connection.newest

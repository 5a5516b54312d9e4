"""The adaptive surface: before a session the ways to start one, in a session what its state allows.

For clients of the handshake era that follow list changes. The list shows the newest session of the
connection; calls for others name theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mcp_types import CallToolResult, Tool, ToolAnnotations

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolPolicy, Workflow
from pointsman.fsm.allowed import Action
from pointsman.fsm.refusals import Refusal

from ..replies import Governed, Reply
from .arguments import Clashes, own_name, take_apart, unfit, wire_name
from .connection import Connection
from .results import result_of, session_list
from .surface import CHANGES_THE_SESSION, NO_ARGUMENTS, READS, answered, astray

START: Final = "start_"
STATUS: Final = "session_status"
LIST: Final = "list_sessions"

_SESSION: Final[JsonObject] = {"type": "string", "description": "The session's handle; the newest one's if left out"}
_NO_POLICIES: Final[Mapping[str, ToolPolicy]] = {}
_STATUS_TOOL: Final = Tool(
    name=STATUS,
    description="Where the session is: its state, goal, context, and what is allowed now.",
    input_schema={"type": "object", "properties": {"session": _SESSION}, "additionalProperties": False},
    annotations=READS,
)
_LIST_TOOL: Final = Tool(name=LIST, description="Your sessions.", input_schema=NO_ARGUMENTS, annotations=READS)


class Adaptive:
    """The current state's tools and events, as tools."""

    def __init__(self, governed: Governed) -> None:
        self._governed = governed
        self._clashes = Clashes()

    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give what the newest session allows, or how to start one where none runs."""
        newest = connection.newest
        reply = await self._governed.status(connection.caller, newest) if newest is not None else None
        connection.note(reply)
        if isinstance(reply, Reply) and reply.ended is None:
            policies = self._policies(reply.workflow)
            several = len(connection.sessions) > 1
            return [*(_tool(action, policies, several=several) for action in reply.allowed), _STATUS_TOOL]
        return [*(_start_tool(workflow) for workflow in self._governed.workflows()), _STATUS_TOOL, _LIST_TOOL]

    async def call(self, connection: Connection, name: str, arguments: JsonObject) -> CallToolResult:
        """Call a tool by its name on the wire, or dotted."""
        started = name.removeprefix(START)
        if (refusal := unfit(name, "name")) is not None:
            work = astray(connection, name, refusal, arguments)
        elif name == LIST:
            work = self._list_sessions(connection)
        elif started != name and any(one.name == started for one in self._governed.workflows()):
            work = self._start(connection, started, arguments)
        else:
            work = self._act(connection, name, arguments)
        return await answered(connection, name, work)

    async def _list_sessions(self, connection: Connection) -> CallToolResult:
        return session_list(await self._governed.list_sessions(connection.caller))

    async def _start(self, connection: Connection, workflow: str, arguments: JsonObject) -> CallToolResult:
        reply = await self._governed.start(connection.caller, workflow, arguments)
        connection.started(reply)
        return result_of(reply, START + workflow, schemas=False)

    async def _act(self, connection: Connection, name: str, arguments: JsonObject) -> CallToolResult:
        asked = take_apart(arguments, self._clashes.of(name, self._governed.workflows()))
        if isinstance(asked, Refusal):
            return await astray(connection, name, asked, arguments)
        starts = " or ".join(START + workflow.name for workflow in self._governed.workflows())
        session = connection.session_for(asked.session, starts)
        if isinstance(session, Refusal):
            return await astray(connection, name, session, arguments)
        if name == STATUS:
            reply = await self._governed.status(connection.caller, session)
        else:
            revision = asked.expected_revision
            reply = await self._governed.act(connection.caller, session, name, asked.arguments, revision)
        connection.note(reply)
        return result_of(reply, name, schemas=False)

    def _policies(self, workflow: str) -> Mapping[str, ToolPolicy]:
        return next((one.tools for one in self._governed.workflows() if one.name == workflow), _NO_POLICIES)


def _start_tool(workflow: Workflow) -> Tool:
    about = " ".join(text for text in (workflow.goal, workflow.description) if text)
    return Tool(
        name=START + workflow.name,
        title=workflow.title,
        description=f"Start a session of {workflow.title or workflow.name}. {about}".strip(),
        input_schema=workflow.start.input_schema,
        annotations=CHANGES_THE_SESSION,
    )


def _tool(action: Action, policies: Mapping[str, ToolPolicy], *, several: bool) -> Tool:
    schema = action.input_schema
    if several:
        properties = schema.get("properties")
        known = properties if isinstance(properties, dict) else {}
        schema = {**schema, "properties": {**known, own_name("session", known): _SESSION}}
    return Tool(
        name=wire_name(action.name),
        description=action.description,
        input_schema=schema,
        annotations=_annotations(action, policies),
    )


def _annotations(action: Action, policies: Mapping[str, ToolPolicy]) -> ToolAnnotations:
    if action.kind == "event":
        return CHANGES_THE_SESSION
    policy = policies.get(action.name)
    if policy is not None and policy.effect == "read":
        return ToolAnnotations(read_only_hint=True)
    keyed = policy is not None and policy.key is not None
    return ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True if keyed else None)

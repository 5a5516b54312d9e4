"""What the surfaces share on which an action is a tool of its own: adaptive and stable.

They differ in what they list, and so in what a reply must say beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from mcp_types import CallToolResult, Tool, ToolAnnotations

from pointsman.contracts.values import JsonObject, as_object
from pointsman.contracts.workflow import ToolPolicy, Workflow
from pointsman.fsm.allowed import Action
from pointsman.fsm.refusals import Refusal

from ..replies import Governed, Reply, Waiter
from .arguments import take_apart, unfit
from .connection import Connection
from .names import LIST, START, STATUS, Names
from .results import result_of
from .surface import CHANGES_THE_SESSION, READS, answered, astray, listed_sessions

SESSION: Final[JsonObject] = {
    "type": "string",
    "description": "The session's handle; optional while only one is open",
}
STATUS_TOOL: Final = Tool(
    name=STATUS,
    description="Where a session is: its state, goal, context, and what is allowed now.",
    input_schema={"type": "object", "properties": {"session": SESSION}, "additionalProperties": False},
    annotations=READS,
)


class ActionTools(ABC):
    """A surface that lists actions as tools, and answers their calls, listed or not."""

    def __init__(self, governed: Governed, names: Names) -> None:
        self._governed = governed
        self.names = names
        self.through = None

    @abstractmethod
    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give the tools this connection is shown now."""

    @abstractmethod
    def _shows(self, connection: Connection, reply: Reply) -> bool:
        """Whether the tool list shows what is allowed to the session of this reply, with its schemas."""

    async def call(self, connection: Connection, name: str, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        """Call a tool by its name on the wire, or dotted."""
        started = name.removeprefix(START)
        if (refusal := unfit(name, "name")) is not None:
            work = astray(connection, name, refusal, arguments)
        elif name == LIST:
            work = listed_sessions(connection, arguments)
        elif started != name and any(one.name == started for one in await connection.workflows()):
            work = self._start(connection, started, arguments, waiter)
        else:
            work = self._act(connection, name, arguments, waiter)
        return await answered(connection, name, work)

    async def _start(
        self, connection: Connection, workflow: str, arguments: JsonObject, waiter: Waiter
    ) -> CallToolResult:
        reply = await self._governed.start(connection.caller, workflow, arguments, waiter.begun)
        connection.started(reply)
        reply = await connection.asked(reply, waiter)
        connection.note(reply)
        shown = isinstance(reply, Reply) and self._shows(connection, reply)
        return result_of(reply, START + workflow, self.names, schemas=not shown)

    async def _act(self, connection: Connection, name: str, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        meant = self.names.meant(name)
        asked = take_apart(arguments, meant.clashing)
        if isinstance(asked, Refusal):
            return await astray(connection, name, asked, arguments)
        starts = " or ".join(START + workflow.name for workflow in connection.startable()) or "another token"
        session = connection.session_for(asked.session, starts)
        if isinstance(session, Refusal):
            return await astray(connection, name, session, arguments)
        if name == STATUS:
            reply = await self._governed.status(connection.caller, session)
        elif meant.workflow is not None and (other := await self._other(connection, session, meant.workflow)):
            refusal = Refusal("NOT_ALLOWED", f"{name} is of the workflow {meant.workflow}; this session is of {other}.")
            return await astray(connection, name, refusal, arguments)
        else:
            revision = asked.expected_revision
            reply = await self._governed.act(
                connection.caller, session, meant.action, asked.arguments, revision, waiter
            )
        reply = await connection.asked(reply, waiter)
        connection.note(reply)
        shown = isinstance(reply, Reply) and self._shows(connection, reply)
        return result_of(reply, name, self.names, schemas=not shown)

    async def _other(self, connection: Connection, session: str, workflow: str) -> str | None:
        """Name the session's workflow, if it is another one than this."""
        own = await self._governed.workflow_of(connection.caller, session)
        return own if own != workflow else None


def start_tool(workflow: Workflow) -> Tool:
    """Give the tool that starts a session of a workflow."""
    about = " ".join(text for text in (workflow.goal, workflow.description) if text)
    return Tool(
        name=START + workflow.name,
        title=workflow.title,
        description=f"Start a session of {workflow.title or workflow.name}. {about}".strip(),
        input_schema=workflow.start.input_schema,
        annotations=CHANGES_THE_SESSION,
    )


def action_tool(action: Action, name: str, policies: Mapping[str, ToolPolicy]) -> Tool:
    """Give the tool that is an action, under its name on the wire."""
    return Tool(
        name=name,
        description=action.description,
        input_schema=action.input_schema,
        annotations=_annotations(action, policies),
    )


def with_session(schema: JsonObject, argument: str) -> JsonObject:
    """Give a schema with our argument that names the session, before the others."""
    properties = schema.get("properties")
    known = as_object(properties)
    return {**schema, "properties": {argument: SESSION, **known}}


def _annotations(action: Action, policies: Mapping[str, ToolPolicy]) -> ToolAnnotations:
    """Give what the workflow says of an action. What a source says of its own tools is not believed."""
    if action.kind == "event":
        return CHANGES_THE_SESSION
    policy = policies.get(action.name)
    if policy is not None and policy.effect == "read":
        return ToolAnnotations(read_only_hint=True, open_world_hint=True)
    again = policy is not None and policy.key != "none"  # then an equal call is answered with the stored result
    return ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=again, open_world_hint=True)

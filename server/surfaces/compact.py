"""The compact surface: four tools that never change, whatever the workflows are.

For workflows too many or too large to list, or by choice. What a session allows, with the schemas,
comes with the replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_types import CallToolResult, Tool, ToolAnnotations

from pointsman.contracts.values import Json, JsonObject, as_object
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.refusals import Refusal

from ..replies import Governed, Waiter
from .arguments import take_apart, unfit
from .connection import Connection
from .names import Names
from .results import result_of
from .surface import CHANGES_THE_SESSION, LIST_TOOL, READS, answered, astray, listed_sessions, unmet_arguments

_SESSION: Final[JsonObject] = {
    "type": "string",
    "description": "The session's handle; may be left out while only one is open",
}
_STATUS: Final[JsonObject] = {"type": "object", "properties": {"session": _SESSION}, "additionalProperties": False}
_ACT: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "session": _SESSION,
        "action": {"type": "string", "description": "Name of the tool or event, as `allowed` has it"},
        "arguments": {"type": "object", "description": "Its arguments, by its `input_schema`"},
        "expected_revision": {"type": "integer", "description": "Refuse if the session has moved on since"},
    },
    "required": ["action"],
    "additionalProperties": False,
}
_ACTS: Final = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=True)


class Compact:
    """Start, status, list_sessions, act."""

    def __init__(self, governed: Governed) -> None:
        self._governed = governed
        self.names = Names(governed.workflows())
        self.through = "act"

    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give the four tools, or three to somebody who may start nothing; they never change."""
        workflows = connection.startable()
        start = Tool(
            name="start",
            description="Start a session of a workflow. " + " ".join(_described(one) for one in workflows),
            input_schema=_start_schema(workflows),
            annotations=CHANGES_THE_SESSION,
        )
        return [
            *([start] if workflows else []),
            Tool(
                name="status",
                description="Where a session is: its state, goal, context, and what is allowed now with schemas.",
                input_schema=_STATUS,
                annotations=READS,
            ),
            LIST_TOOL,
            Tool(
                name="act",
                description="Call a tool or send an event that the session allows now. "
                "Every reply names what is allowed next; anything else is refused.",
                input_schema=_ACT,
                annotations=_ACTS,
            ),
        ]

    async def call(self, connection: Connection, name: str, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        """Call one of the four; any other name is refused."""
        match name:
            case "start":
                work = self._start(connection, arguments, waiter)
            case "status":
                work = self._status(connection, arguments, waiter)
            case "list_sessions":
                work = listed_sessions(connection, arguments)
            case "act":
                work = self._act(connection, arguments, waiter)
            case _:
                work = self._unknown(connection, name, arguments)
        return await answered(connection, name, work)

    async def _start(self, connection: Connection, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        schema = _start_schema(await connection.workflows())
        if (refusal := unmet_arguments(arguments, schema)) is not None:
            return await astray(connection, "start", refusal, arguments)
        workflow = str(arguments["workflow"])
        if (refusal := unfit(workflow, "workflow")) is not None:
            return await astray(connection, "start", refusal, arguments)
        fields = as_object(arguments.get("input"))
        reply = await self._governed.start(connection.caller, workflow, fields, waiter.begun)
        connection.started(reply)
        reply = await connection.asked(reply, waiter)
        connection.note(reply)
        return result_of(reply, "start", self.names, schemas=True)

    async def _status(self, connection: Connection, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        session = _session(connection, arguments, _STATUS)
        if isinstance(session, Refusal):
            return await astray(connection, "status", session, arguments)
        reply = await connection.asked(await self._governed.status(connection.caller, session), waiter)
        connection.note(reply)
        return result_of(reply, "status", self.names, schemas=True)

    async def _act(self, connection: Connection, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        session = _session(connection, arguments, _ACT)
        if isinstance(session, Refusal):
            return await astray(connection, "act", session, arguments)
        action, revision = str(arguments["action"]), arguments.get("expected_revision")
        if (refusal := unfit(action, "action")) is not None:
            return await astray(connection, "act", refusal, arguments)
        expected = revision if isinstance(revision, int) else None
        given = as_object(arguments.get("arguments"))
        reply = await self._governed.act(connection.caller, session, action, given, expected, waiter)
        reply = await connection.asked(reply, waiter)
        connection.note(reply)
        return result_of(reply, action, self.names, schemas=True)

    async def _unknown(self, connection: Connection, name: str, arguments: JsonObject) -> CallToolResult:
        refusal = unfit(name, "name") or Refusal(
            "NOT_ALLOWED", f"There is no tool {name}. There are start, status, list_sessions and act."
        )
        return await astray(connection, name, refusal, arguments)


def _session(connection: Connection, arguments: JsonObject, schema: JsonObject) -> str | Refusal:
    if (refusal := unmet_arguments(arguments, schema)) is not None:
        return refusal
    asked = take_apart({"session": arguments.get("session")})
    return asked if isinstance(asked, Refusal) else connection.session_for(asked.session, "start")


def _start_schema(workflows: Sequence[Workflow]) -> JsonObject:
    names: list[Json] = [one.name for one in workflows]
    fields: JsonObject = workflows[0].start.input_schema if len(workflows) == 1 else {"type": "object"}
    return {
        "type": "object",
        "properties": {"workflow": {"type": "string", "enum": names}, "input": fields},
        "required": ["workflow"],
        "additionalProperties": False,
    }


def _described(workflow: Workflow) -> str:
    """Say what a workflow is for, and what it is started with."""
    about = workflow.goal or workflow.title or workflow.description or ""
    required = workflow.start.input_schema.get("required")
    fields = ", ".join(str(name) for name in required) if isinstance(required, list) else ""
    return f"`{workflow.name}`: {about}" + (f" Its input: {fields}." if fields else "")

"""What every surface is, and what they share: the border where a failure becomes an answer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, Protocol

import structlog
from mcp_types import CallToolResult, Tool, ToolAnnotations

from pointsman.contracts.bounds import IDENTIFIER
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.refusals import Code, Refusal

from ..errors import StoreBusy, StoreFull
from ..replies import SessionChoice, Stray, Waiter
from .connection import Connection
from .names import LIST, Names
from .results import failed, refused, session_list

READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CHANGES_THE_SESSION: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
LIST_TOOL: Final = Tool(
    name=LIST,
    description="The sessions you may see, newest first: where each is and whose turn it is.",
    input_schema={
        "type": "object",
        "properties": {"cursor": {"type": "string", "description": "From the reply before, for those that follow"}},
        "additionalProperties": False,
    },
    annotations=READS,
)

_log = structlog.get_logger(__name__)


class Surface(Protocol):
    """One shape of the tool list, and what its tools do."""

    @property
    def names(self) -> Names:
        """The names of actions in this list."""
        ...

    @property
    def through(self) -> str | None:
        """The tool through which actions are called; None where each is a tool of its own."""
        ...

    async def list_tools(self, connection: Connection) -> list[Tool]:
        """Give the tools this connection is shown now."""
        ...

    async def call(self, connection: Connection, name: str, arguments: JsonObject, waiter: Waiter) -> CallToolResult:
        """Call a tool, whether any list shows it or not. `waiter` waits for it."""
        ...


async def answered(connection: Connection, name: str, work: Awaitable[CallToolResult]) -> CallToolResult:
    """Wait for a call's result; an exception becomes an answer that tells the client nothing of our insides."""
    try:
        return await work
    except (StoreBusy, StoreFull) as error:
        _log.warning("store refused", tool=name, code=error.code, client=connection.caller.client)
        return refused(Refusal(error.code, str(error)))
    except Exception:  # noqa: BLE001 - the border: whatever it was, the client gets an answer and no internals
        _log.exception("call failed", tool=name, client=connection.caller.client)
        return failed()


async def astray(connection: Connection, action: str, refusal: Refusal, arguments: JsonObject) -> CallToolResult:
    """Refuse a call that belongs to no session, and have it recorded."""
    shown = action if IDENTIFIER.match(action) else "malformed"
    await connection.governed.stray(connection.caller, shown, refusal, arguments)
    return refused(refusal)


async def listed_sessions(connection: Connection, arguments: JsonObject) -> CallToolResult:
    """List the sessions the caller may see."""
    if (refusal := unmet_arguments(arguments, LIST_TOOL.input_schema)) is not None:
        return await astray(connection, LIST, refusal, arguments)
    cursor = arguments.get("cursor")
    found = await connection.governed.list_sessions(
        connection.caller, SessionChoice(), str(cursor) if cursor is not None else None
    )
    return refused(found.refusal) if isinstance(found, Stray) else session_list(found, connection.caller.actor.id)


def unmet_arguments(arguments: JsonObject, schema: JsonObject) -> Refusal | None:
    """Judge the arguments of one of our own tools against its schema: required, known and of the right type.

    Our own schemas are flat, and so small that the words below suffice; a workflow's contracts are
    the governor's to judge.
    """
    properties = schema.get("properties")
    required = schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return None
    missing = [
        Unmet(str(name), "missing", missing=True, schema=properties[str(name)])
        for name in required
        if name not in arguments
    ]
    invalid = [
        Unmet(name, _misfit(properties.get(name)), missing=False, schema=properties.get(name))
        for name, value in arguments.items()
        if not _fits(value, properties.get(name))
    ]
    if not missing and not invalid:
        return None
    names = ", ".join(one.path for one in (*missing, *invalid))
    code: Code = "MISSING_FIELDS" if missing else "INVALID_FIELDS"
    return Refusal(code, f"The arguments do not fit: {names}.", (*missing, *invalid))


def _misfit(schema: Json) -> str:
    return f"must be of type {schema.get('type')}" if isinstance(schema, dict) else "unknown argument"


def _fits(value: Json, schema: Json) -> bool:
    if not isinstance(schema, dict):
        return False
    match schema.get("type"):
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case _:
            return True

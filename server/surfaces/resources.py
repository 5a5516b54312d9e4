"""Sessions as MCP resources: where one is, its contract, its diagram and its audit trail."""

from __future__ import annotations

import json
from typing import Final

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from pointsman.contracts.values import Json

from ..replies import Stray
from .arguments import unfit
from .connection import Connection
from .names import Names
from .results import status_of

SCHEME: Final = "session://"
LISTED_SESSIONS: Final = 50
JSON_TYPE: Final = "application/json"
_PARTS: Final = {
    "": ("Session {}", "Where the session is, and what is allowed now", JSON_TYPE),
    "/contract": ("Contract of {}", "What the current state demands, with schemas", JSON_TYPE),
    "/diagram": ("Diagram of {}", "The workflow in mermaid, the current state marked", "text/vnd.mermaid"),
    "/audit": ("Audit of {}", "Everything that has happened, oldest first", JSON_TYPE),
}


def templates() -> list[ResourceTemplate]:
    """Give the shapes of all addresses there are."""
    return [
        ResourceTemplate(
            name="session" + part.replace("/", "_"),
            title=title.format("a session"),
            description=description,
            uri_template=f"{SCHEME}{{session}}{part}",
            mime_type=mime_type,
        )
        for part, (title, description, mime_type) in _PARTS.items()
    ]


async def resources(connection: Connection) -> list[Resource]:
    """List the caller's newest sessions."""
    sessions = await connection.governed.list_sessions(connection.caller)
    handles = [str(row.get("session", row.get("id"))) for row in sessions[:LISTED_SESSIONS]]
    return [
        Resource(
            name=f"{handle}{part}",
            title=title.format(handle),
            description=description,
            uri=f"{SCHEME}{handle}{part}",
            mime_type=mime_type,
        )
        for handle in handles
        for part, (title, description, mime_type) in _PARTS.items()
    ]


async def read(connection: Connection, uri: str, names: Names) -> ReadResourceResult:
    """Read one resource.

    Raises:
        MCPError: -32602 (MCP 2026-07-28, resources) where there is none, or none for this caller.
    """
    handle, slash, rest = uri.removeprefix(SCHEME).partition("/")
    part = slash + rest
    if not uri.startswith(SCHEME) or part not in _PARTS or unfit(handle, "session") is not None:
        raise MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": uri[:256]})
    text = await _text(connection, handle, part, names)
    if text is None:
        raise MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": uri})
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=_PARTS[part][2], text=text)])


async def _text(connection: Connection, handle: str, part: str, names: Names) -> str | None:
    governed, caller = connection.governed, connection.caller
    value: Json
    match part:
        case "/diagram":
            drawn = await governed.diagram(caller, handle)
            return None if isinstance(drawn, Stray) else drawn
        case "/contract":
            contract = await governed.contract(caller, handle)
            if isinstance(contract, Stray):
                return None
            value = contract
        case "/audit":
            rows = await governed.audit(caller, handle)
            if isinstance(rows, Stray):
                return None
            value = list(rows)
        case _:
            reply = await governed.status(caller, handle)
            if isinstance(reply, Stray):
                return None
            value = status_of(reply, names)
    return json.dumps(value, ensure_ascii=False, indent=1)

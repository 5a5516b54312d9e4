"""Sessions and workflows as MCP resources.

A session: where it is, its contract, its diagram and its audit trail. A workflow: how it starts,
and the contract of each state in which an agent acts, as no session is needed to know it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, Workflow
from pointsman.fsm.allowed import offers

from ..replies import SessionChoice, Stray
from .arguments import unfit
from .connection import Connection
from .names import Names, agent_states
from .results import actions_of, status_of

SESSION: Final = "session://"
WORKFLOW: Final = "workflow://"
JSON_TYPE: Final = "application/json"
_PARTS: Final = {
    "": ("Session {}", "Where the session is, and what is allowed now", JSON_TYPE),
    "/contract": ("Contract of {}", "What the current state demands, with schemas", JSON_TYPE),
    "/diagram": ("Diagram of {}", "The workflow in mermaid, the current state marked", "text/vnd.mermaid"),
    "/audit": (
        "Audit of {}",
        "What has happened, oldest first; `next` leads to the rows after these",
        JSON_TYPE,
    ),
}
_CONTRACT: Final = ("workflow", "state", "goal", "forbid", "allowed")
_AFTER: Final = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


def templates() -> list[ResourceTemplate]:
    """Give the shapes of all addresses there are."""
    of_sessions = [
        ResourceTemplate(
            name="session" + part.replace("/", "_"),
            title=title.format("a session"),
            description=description,
            uri_template=f"{SESSION}{{session}}{part}" + ("{?after}" if part == "/audit" else ""),
            mime_type=mime_type,
        )
        for part, (title, description, mime_type) in _PARTS.items()
    ]
    return [
        *of_sessions,
        ResourceTemplate(
            name="workflow",
            title="A workflow",
            description="What it is for, how a session is started, and the states in which an agent acts",
            uri_template=f"{WORKFLOW}{{workflow}}",
            mime_type=JSON_TYPE,
        ),
        ResourceTemplate(
            name="workflow_state",
            title="Contract of a state",
            description="What a state allows an agent and demands of it, with schemas",
            uri_template=f"{WORKFLOW}{{workflow}}/{{state}}",
            mime_type=JSON_TYPE,
        ),
    ]


async def listed(connection: Connection, cursor: str | None) -> ListResourcesResult:
    """List the sessions the caller may see, newest first, and before them the workflows.

    Raises:
        MCPError: -32602 for a cursor that is none of ours.
    """
    found = await connection.governed.list_sessions(connection.caller, SessionChoice(), cursor)
    if isinstance(found, Stray):
        raise MCPError(INVALID_PARAMS, found.refusal.message)
    workflows = await connection.workflows() if cursor is None else ()
    resources = [
        Resource(name=one.name, title=one.title, description=one.goal, uri=WORKFLOW + one.name, mime_type=JSON_TYPE)
        for one in workflows
    ]
    for handle in (str(one["session"]) for one in found.sessions):
        resources += [
            Resource(
                name=f"{handle}{part}",
                title=title.format(handle),
                description=description,
                uri=f"{SESSION}{handle}{part}",
                mime_type=mime_type,
            )
            for part, (title, description, mime_type) in _PARTS.items()
        ]
    return ListResourcesResult(resources=resources, next_cursor=found.cursor, ttl_ms=0, cache_scope="private")


async def read(connection: Connection, uri: str, names: Names) -> ReadResourceResult:
    """Read one resource.

    Raises:
        MCPError: -32602 (MCP 2026-07-28, resources) where there is none, or none for this caller.
    """
    if uri.startswith(WORKFLOW):
        text = _of_workflow(await connection.workflows(), uri.removeprefix(WORKFLOW), names)
        mime_type = JSON_TYPE
    else:
        address, _, query = uri.removeprefix(SESSION).partition("?")
        handle, slash, rest = address.partition("/")
        part, after = slash + rest, _after(query)
        fits = uri.startswith(SESSION) and part in _PARTS and unfit(handle, "session") is None
        if not fits or after is None or (query and part != "/audit"):
            raise _missing(uri)
        text = await _of_session(connection, handle, part, after, names)
        mime_type = _PARTS[part][2]
    if text is None:
        raise _missing(uri)
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=mime_type, text=text)])


def state_contract(workflow: Workflow, state: AgentState, names: Names) -> JsonObject:
    """Give what a state allows an agent and demands of it, whatever the session."""
    contract: JsonObject = {"workflow": workflow.name, "state": state.name}
    if state.goal is not None:
        contract["goal"] = state.goal
    if state.forbid is not None:
        contract["forbid"] = state.forbid
    return {**contract, "allowed": actions_of(workflow.name, offers(workflow, state), names)}


def _missing(uri: str) -> MCPError:
    return MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": uri[:256]})


def _after(query: str) -> int | None:
    """Give the revision that a page of the audit follows; None for a query that says something else."""
    if not query:
        return 0
    try:
        asked = parse_qs(query, strict_parsing=True, max_num_fields=1)
    except ValueError:
        return None
    value = asked.get("after", [""])[0]
    return int(value) if _AFTER.match(value) else None


def _of_workflow(workflows: Sequence[Workflow], path: str, names: Names) -> str | None:
    name, slash, state_name = path.partition("/")
    workflow = next((one for one in workflows if one.name == name), None)
    if workflow is None:
        return None
    states = {state.name: state for state in agent_states(workflow)}
    if not slash:
        about: JsonObject = {"workflow": workflow.name, "version": workflow.version}
        told = {"title": workflow.title, "goal": workflow.goal, "description": workflow.description}
        about |= {key: text for key, text in told.items() if text is not None}
        return _json({**about, "start": workflow.start.input_schema, "states": list(states)})
    return _json(state_contract(workflow, states[state_name], names)) if state_name in states else None


async def _of_session(connection: Connection, handle: str, part: str, after: int, names: Names) -> str | None:
    governed, caller = connection.governed, connection.caller
    match part:
        case "/diagram":
            drawn = await governed.diagram(caller, handle)
            return None if isinstance(drawn, Stray) else drawn
        case "/audit":
            page = await governed.audit(caller, handle, after)
            if isinstance(page, Stray):
                return None
            shown: list[Json] = list(page.rows)
            rows: JsonObject = {"rows": shown}
            if page.next_after is not None:
                rows["next"] = f"{SESSION}{handle}/audit?after={page.next_after}"
            return _json(rows)
        case _:
            reply = await governed.status(caller, handle)
            if isinstance(reply, Stray):
                return None
            status = status_of(reply, names)
            if part == "/contract":
                status = {name: value for name, value in status.items() if name in _CONTRACT}
            return _json(status)


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)

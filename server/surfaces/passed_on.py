"""Passes on what sources offer beside their tools: resources, templates, prompts and completions.

Each is a read like any other, within the session bound to the connection: allowed only where its state
says so, counted, judged and written down. Nothing here speaks with a source. What it gives is marked
with the source it came from.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TypeVar

import structlog
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    Completion,
    GetPromptResult,
    Prompt,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

from pointsman.contracts import passed_on
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.refusals import Refusal

from ..bounds import PASSED_ON_PAGES
from ..replies import Reply, Waiter
from .blocks import marked
from .connection import Connection

_Item = TypeVar("_Item", bound=BaseModel)

_log = structlog.get_logger(__name__)


async def resources(connection: Connection) -> list[Resource]:
    """List the resources of all sources that the state allows to be listed."""
    return [one async for _, one in _listed(connection, passed_on.LIST_RESOURCES, "resources", Resource)]


async def templates(connection: Connection) -> list[ResourceTemplate]:
    """List their templates."""
    found = _listed(connection, passed_on.LIST_TEMPLATES, "resourceTemplates", ResourceTemplate)
    return [one async for _, one in found]


async def prompts(connection: Connection, ours: Sequence[Prompt]) -> list[Prompt]:
    """List their prompts. One whose name is taken gets that of its source before it."""
    taken = {one.name for one in ours}
    found: list[Prompt] = []
    async for source, one in _listed(connection, passed_on.LIST_PROMPTS, "prompts", Prompt):
        name = one.name if one.name not in taken else f"{source}_{one.name}"
        if name not in taken:
            taken.add(name)
            found.append(one.model_copy(update={"name": name}))
    return found


async def read(connection: Connection, uri: str, waiter: Waiter) -> ReadResourceResult:
    """Read a resource: the first source that has it gives it.

    Raises:
        MCPError: none has it, or none may be asked for it now, with the last refusal's words.
    """
    why = "There is no such resource."
    for tool in await _allowed(connection, passed_on.READ_RESOURCE):
        result = await _asked(connection, tool, {"uri": uri}, ReadResourceResult, waiter)
        if isinstance(result, Refusal):
            why = result.message
        elif result is not None and result.contents:
            contents = [_marked(one, _source(tool)) for one in result.contents]
            return ReadResourceResult(contents=contents, ttl_ms=0, cache_scope="private")
    raise MCPError(INVALID_PARAMS, why, {"uri": uri[:256]})


async def prompt(connection: Connection, name: str, arguments: JsonObject, waiter: Waiter) -> GetPromptResult:
    """Get a prompt: the first source that has it gives it.

    Raises:
        MCPError: none has it, or none may be asked for it now.
    """
    allowed = await _allowed(connection, passed_on.GET_PROMPT)
    prefixed = [tool for tool in allowed if name.startswith(f"{_source(tool)}_")]
    named = [(tool, name) for tool in allowed]
    named += [(tool, name.removeprefix(f"{_source(tool)}_")) for tool in prefixed]
    why = "There is no such prompt. prompts/list has those there are."
    for tool, own in named:
        result = await _asked(connection, tool, {"name": own, "arguments": arguments}, GetPromptResult, waiter)
        if isinstance(result, Refusal):
            why = result.message
        elif result is not None:
            messages = [
                one.model_copy(update={"content": _marked(one.content, _source(tool))}) for one in result.messages
            ]
            return GetPromptResult(description=result.description, messages=messages)
    raise MCPError(INVALID_PARAMS, why)


async def completion(connection: Connection, asked: CompleteRequestParams) -> Completion:
    """Complete an argument: the first source that knows something of it. Nothing where none does."""
    arguments: JsonObject = asked.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"meta"})
    for tool in await _allowed(connection, passed_on.COMPLETE):
        result = await _answer(connection, tool, arguments)
        found = _valid(tool, Completion, result.get("completion") if isinstance(result, dict) else None)
        if found is not None and found.values:
            return found
    return Completion(values=[])


async def _listed(
    connection: Connection, what: str, member: str, kind: type[_Item]
) -> AsyncGenerator[tuple[str, _Item]]:
    for tool in await _allowed(connection, what):
        arguments: JsonObject = {}
        for _ in range(PASSED_ON_PAGES):
            page = await _answer(connection, tool, arguments)
            items = page.get(member) if isinstance(page, dict) else None
            for item in items if isinstance(items, list) else ():
                one = _valid(tool, kind, item)
                if one is not None:
                    yield _source(tool), _marked(one, _source(tool))
            cursor = page.get("nextCursor") if isinstance(page, dict) else None
            if not isinstance(cursor, str) or not cursor:
                break
            arguments = {"cursor": cursor}


async def _allowed(connection: Connection, what: str) -> list[str]:
    """Name the reads of this kind that the bound session's state allows now, in the order of the workflow."""
    session = connection.only
    reply = await connection.governed.status(connection.caller, session) if session is not None else None
    if not isinstance(reply, Reply):
        return []
    workflow = next((one for one in connection.governed.workflows() if one.name == reply.workflow), None)
    policies: Mapping[str, ToolPolicy] = {} if workflow is None else workflow.tools
    names = [action.name for action in reply.allowed if action.kind == "tool" and action.name.endswith(f".{what}")]
    return [name for name in names if name in policies and policies[name].effect == "read"]


async def _asked(
    connection: Connection, tool: str, arguments: JsonObject, kind: type[_Item], waiter: Waiter
) -> _Item | Refusal | None:
    answer = await _answer(connection, tool, arguments, waiter)
    return answer if answer is None or isinstance(answer, Refusal) else _valid(tool, kind, answer)


async def _answer(
    connection: Connection, tool: str, arguments: JsonObject, waiter: Waiter | None = None
) -> Json | Refusal:
    """Call the read; give its result, why it was refused, or None where it failed."""
    session = connection.only
    if session is None:
        return None
    reply = await connection.governed.act(connection.caller, session, tool, arguments, waiter=waiter)
    connection.note(reply)
    if reply.refusal is not None:
        return reply.refusal
    return reply.result if reply.outcome == "done" else None


def _valid(tool: str, kind: type[_Item], value: Json) -> _Item | None:
    try:
        return TypeAdapter(kind).validate_python(value, by_name=False)
    except ValidationError:
        _log.warning("what a source offers is no MCP", tool=tool, what=kind.__name__)
        return None


def _marked(item: _Item, source: str) -> _Item:
    return item.model_copy(update={"meta": marked(getattr(item, "meta", None) or {}, source)})


def _source(tool: str) -> str:
    return tool.partition(".")[0]

"""The ERP as an MCP server over standard input and output. It knows nothing of workflows.

`erp_tools.json` is what it says of its tools. That is a file, because whoever pins it wants the same bytes whatever
versions of libraries the server runs with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import anyio
from anyio.to_thread import run_sync
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from pointsman.tools import NothingDone

from . import erp
from .erp_faults import Fault, InvalidFaults, When, take

_Function: TypeAlias = Callable[..., object]

_FUNCTIONS: Final[dict[str, _Function]] = {
    one.__name__: one
    for one in (erp.compare, erp.find_purchase_order, erp.find_receipt, erp.find_route, erp.post_route)
}
_SLOW_S: Final = 3.0
_DIED: Final = 3


class Failed(Exception):
    """The ERP says that a call failed."""


def tools() -> list[Tool]:
    """Give what the server says of its tools."""
    text = Path(__file__).with_name("erp_tools.json").read_text(encoding="utf-8")
    return [Tool.model_validate(tool) for tool in json.loads(text)]


async def call(name: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call a tool, with what is to go wrong."""
    try:
        faults = await run_sync(take, name)
        await _suffer(faults, "before")
        result = await run_sync(_run, _function(name, faults), arguments)
        await _suffer(faults, "after")
    except (Failed, InvalidFaults, NothingDone) as error:
        return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
    text = TextContent(text=json.dumps(result, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=result)


def main() -> None:
    """Serve until standard input ends."""
    anyio.run(_serve)


async def _serve() -> None:
    async def on_list_tools(_context: object, _params: object) -> ListToolsResult:
        return ListToolsResult(tools=tools())

    async def on_call_tool(_context: object, params: CallToolRequestParams) -> CallToolResult:
        return await call(params.name, params.arguments or {})

    server = Server[Any]("erp", version="1", on_list_tools=on_list_tools, on_call_tool=on_call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options(NotificationOptions()))


def _function(name: str, faults: tuple[Fault, ...]) -> _Function:
    if any(fault.what == "again" for fault in faults):
        return erp.post_route_again
    if name not in _FUNCTIONS:
        raise Failed(f"There is no tool {name!r}.")
    return _FUNCTIONS[name]


def _run(function: Any, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 -- mypy takes no function for a type; JSON of whatever it gives
    """Call a function with arguments as its signature types them."""
    called: TypeAdapter[object] = TypeAdapter(function, config=ConfigDict(strict=True))
    try:
        return to_jsonable_python(called.validate_json(json.dumps(arguments)))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Failed(f"The arguments do not fit. {problems}") from error


async def _suffer(faults: tuple[Fault, ...], when: When) -> None:
    for fault in faults:
        if fault.when != when:
            continue
        match fault.what:
            case "slow":
                await anyio.sleep(_SLOW_S)
            case "hang":
                await anyio.sleep_forever()
            case "fail":
                raise Failed("The ERP has failed. Nobody said whether anything was written.")
            case "die":
                os._exit(_DIED)
            case "again":
                pass

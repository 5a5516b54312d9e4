"""A small MCP server behind the strict transport, for tests that speak to a real process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from pointsman.server.stdio.transport import strict_stdio


async def list_tools(
    _ctx: ServerRequestContext[object], _params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[types.Tool(name="echo", input_schema={"type": "object"})])


async def call_tool(_ctx: ServerRequestContext[object], params: types.CallToolRequestParams) -> types.CallToolResult:
    arguments = params.arguments or {}
    if params.name == "noise":
        print("a stray print")  # noqa: T201 - the noise itself
        os.write(1, b"a stray write\n")
        sys.stdout.write("another\n")
        subprocess.run([sys.executable, "-c", "print('a child prints')"], check=True)  # noqa: ASYNC221 - nothing else runs
    if params.name == "large":
        arguments = {"text": "x" * int(arguments["size"])}
    if params.name == "surrogate":
        arguments = {"text": "\ud800"}
    return types.CallToolResult(content=[], structured_content=arguments)


def on_reject(code: str, message: str) -> None:
    sys.stderr.write(f"rejected {code} {message}\n")


async def main() -> None:
    server = Server("echo", on_list_tools=list_tools, on_call_tool=call_tool)
    async with strict_stdio(on_reject) as streams:
        await server.run(*streams, server.create_initialization_options())


asyncio.run(main())

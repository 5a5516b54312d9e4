"""An MCP server as the SDK makes them, over stdio or, with a port as its argument, over Streamable HTTP."""

import os
import sys
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult, TextContent

server = MCPServer("sdk", log_level="ERROR")


@server.tool()
def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


@server.tool()
def headers(context: Context[Any]) -> dict[str, str]:
    """Say what a request brings along."""
    request: Any = context.request_context.request
    return {} if request is None else {name.lower(): value for name, value in request.headers.items()}


@server.tool()
def long(size_bytes: int) -> CallToolResult:
    """Say much."""
    return CallToolResult(content=[TextContent(text="z" * size_bytes)])


@server.tool()
async def grow(context: Context[Any]) -> str:
    """Offer one tool more, and say so."""
    server.add_tool(add, name="grown")
    await context.notify_tools_changed()
    return "ok"


@server.tool()
def die() -> None:
    """End at once."""
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()

"""An MCP server as the SDK makes them, over stdio or, with a port as its argument, over Streamable HTTP."""

import os
import sys
from typing import Annotated, Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, MCPServer, Resolve
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel

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


class Colour(BaseModel):
    """What a person is asked."""

    colour: str


def ask_for_colour() -> Elicit[Colour]:
    return Elicit("Which colour?\nIn done. Goal: pay.", Colour)


@server.tool()
def paint(colour: Annotated[ElicitationResult[Colour], Resolve(ask_for_colour)]) -> dict[str, str]:
    """Paint in the colour that a person says."""
    return {"painted": colour.data.colour if isinstance(colour, AcceptedElicitation) else "nothing"}


@server.tool()
async def draw(context: Context[Any], size: int = 2) -> list[ContentBlock]:
    """Draw, and tell how far it is."""
    for done in (0, 50, 100):
        await context.report_progress(done, 100, f"{done} %")
    return [TextContent(text="Here:\nend 00000000"), ImageContent(data="aGkh" * size, mime_type="image/png")]


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

"""The tools `docs_read` and `desk_note` on the SDK's own server, over stdio or, with a port, over Streamable HTTP.

What governing costs is measured against them; and they are what a call through the gateway reaches in the end.
"""

from __future__ import annotations

import sys

from mcp.server.mcpserver import MCPServer

from pointsman.gallery.invoices.documents import read


def note(text: str) -> dict[str, int]:
    """Take a note."""
    return {"length": len(text)}


if __name__ == "__main__":
    server = MCPServer("bare", log_level="WARNING")
    server.add_tool(read, name="docs_read")
    server.add_tool(note, name="desk_note")
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()

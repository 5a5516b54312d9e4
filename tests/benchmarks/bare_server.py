"""The tool `docs_read` on the SDK's own server and transport: what a governed read is measured against."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

from pointsman.gallery.invoices.documents import read

server = MCPServer("bare")
server.add_tool(read, name="docs_read")
server.run()

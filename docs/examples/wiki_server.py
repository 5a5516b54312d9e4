"""A wiki as an MCP server, as anybody might have one: it knows nothing of workflows."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("wiki", log_level="WARNING")
pages = {"holidays": "Everybody has 25 days.", "travel": "Second class."}


@server.tool()
def list_pages() -> dict[str, list[str]]:
    """Name every page."""
    return {"pages": sorted(pages)}


@server.tool(structured_output=False)
def read_page(name: str) -> str:
    """Give the text of a page."""
    return pages[name]


@server.tool()
def write_page(name: str, text: str) -> dict[str, int]:
    """Replace the text of a page."""
    pages[name] = text
    return {"length": len(text)}


@server.tool()
def delete_page(name: str) -> dict[str, bool]:
    """Delete a page."""
    return {"deleted": pages.pop(name, None) is not None}


@server.resource("wiki://{name}")
def page(name: str) -> str:
    """A page, for clients that attach what they read."""
    return pages[name]


if __name__ == "__main__":
    server.run()

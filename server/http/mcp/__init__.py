"""MCP over Streamable HTTP, read strictly: `messages` reads, `desks` gives every connection its desk, `endpoint` is
the routes.
"""

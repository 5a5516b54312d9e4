"""One server for many, over HTTP: MCP, and beside it what is there for programs that are no MCP clients.

`address` says where is served; `protocol` speaks HTTP on each of the `connections`, and refuses `heads` that nothing
serves; `boundary` turns away what comes from elsewhere; every route is a door of
`doors`, which knows whose token it is; `bodies` reads what is sent within bounds; `mcp` is the Streamable
HTTP of MCP; `site` puts the routes together, and `serving` runs them under uvicorn. Nothing in here decides
what a caller may do. Imported only when it is asked for: a server of one client on stdio must start fast.
"""

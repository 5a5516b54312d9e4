"""MCP over Streamable HTTP on a loopback address, read strictly.

`address` says where may be served, `bodies` reads requests before anything else sees them, `desks`
gives every connection its desk, `endpoint` puts these in front of the SDK's session manager, and
`serving` runs it all under uvicorn. Imported only when it is asked for: a server of one client on
stdio must start fast.
"""

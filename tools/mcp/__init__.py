"""The `mcp` source: existing MCP servers as sources of tools, over stdio or Streamable HTTP.

The servers are not touched and not trusted. `settings` reads what the workflow file says, `process`
and `http` are the two ways to a server, `connection` keeps one of them open, `definitions` and
`results` bring what it says into our bounds, `beside` asks for what it offers beside tools,
`questions` answers what it asks itself, and `source` fills the port `ToolSource`.
"""

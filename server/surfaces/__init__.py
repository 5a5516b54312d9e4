"""The shapes in which MCP clients are shown what is allowed: `adaptive`, `stable` and `compact`.

A surface turns a tool call into a question to the governor, and the governor's reply into a tool
result. It never decides what is allowed: a call of a tool that no list shows goes to the governor
like any other, and is refused there. `choosing` says who is shown which.

Around the shapes stands what every client has: `desk` takes the requests of one connection, `resources`,
`prompts`, `completing` and `passed_on` answer those that call no tool, `changes` and `updates` tell what is
new. While a call runs its tool may speak with the client: `conversations` lets it, by `progress`,
`client_log`, and `asking` or `parked`, whichever the client's era has.
"""

"""The shapes in which MCP clients are shown what is allowed: `adaptive`, `stable` and `compact`.

A surface turns a tool call into a question to the governor, and the governor's reply into a tool
result. It never decides what is allowed: a call of a tool that no list shows goes to the governor
like any other, and is refused there. `choosing` says who is shown which.
"""

"""JSON-RPC messages of MCP, read strictly, however they came.

`messages` tells a request from what is none and prepares the answer; JSON is read by `contracts.json_reader`.
`stdio` gives it lines, `http` bodies. Nothing in here knows of workflows.
"""

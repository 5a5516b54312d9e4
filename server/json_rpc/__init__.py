"""JSON-RPC messages of MCP, read strictly, however they came.

`json_reader` reads JSON as RFC 7493 (I-JSON) has it; `messages` tells a request from what is none and
prepares the answer. `stdio` gives them lines, `http` bodies. Nothing in here knows of workflows.
"""

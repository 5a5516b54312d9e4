"""MCP over standard input and output, read strictly.

The SDK's own stdio transport gives no reply at all to malformed, too deep or doubled input, and
hands NaN to handlers (mcp 2.3.0). This one stands in front of it: `framing` cuts lines without
keeping the oversized, `json_rpc` tells a request from what is none and prepares the answer, `reader`
and `writer` are the two threads on the pipes, and `transport` puts them together. JSON is read by
`contracts.json_reader`. Nothing in here knows of workflows.
"""

"""The `openapi` source: operations of an HTTP interface as tools, called as its OpenAPI document says.

The document is not trusted: `document` reads it, `references` and `schemas` bring it into JSON Schema
without references, `parameters` and `bodies` say how arguments are sent, and `operations` makes
tools of what can be called that way; the rest is left out, with the reason. `serialising` and
`requests` write a call, `client` makes it, `answers` reads what comes back, and `source` fills the
port `ToolSource`.
"""

"""Invoice exceptions: an invoice that does not match its order ends with one approved route, posted once.

`workflow.yaml` is the workflow. Its two sources of tools are `documents.py` and the ERP, which is an MCP
server: `erp.py` has its tools, `erp_server.py` serves them. `scripts/` plays the workflow's paths, and
`faults.py` what `pointsman demo --faults` shows.
"""

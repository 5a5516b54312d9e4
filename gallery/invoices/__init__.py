"""Invoice exceptions: an invoice that does not match its order ends with one approved route, posted once.

`workflow.yaml` is the workflow, `erp.py` and `documents.py` are its two sources of tools, and
`scripts/` plays its paths.
"""

"""Changes to a git repository: an agent commits what a person approved, through a public MCP server as it is.

`workflow.yaml` is the workflow, `grant.py` says which repository, and `scripts/` plays its paths.
"""

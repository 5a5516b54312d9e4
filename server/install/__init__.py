"""Connecting MCP clients: an entry in their own configuration file.

The file belongs to the client and its user. It is read strictly, changed in one place, backed up
before, and replaced in one step; whatever is not understood is refused, and nothing is written.
"""

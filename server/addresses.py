"""Addresses of HTTP: where MCP is answered, and which of them do not leave this machine.

What is served, what is described to clients and what tokens are meant for are the same addresses. Every command
that reads the settings imports this, so it imports little itself.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

MCP_PATH: Final = "/mcp"
"""The endpoint of MCP for many sessions."""
MCP_PATH_OF_SESSION: Final = "/sessions/{session}/mcp"
"""That of one session, as routes are written."""

_OF_SESSION: Final = re.compile(r"/sessions/([A-Za-z0-9_.-]{1,128})/mcp\Z", re.ASCII)


def session_of_path(path: str) -> str | None:
    """Give the session whose endpoint of MCP has this path; None for another path."""
    found = _OF_SESSION.match(path)
    return found and found[1]


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

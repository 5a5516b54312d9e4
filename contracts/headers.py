"""Names of HTTP headers that a workflow may have sent along: with every call of a source, or with a write's key."""

from __future__ import annotations

import re
from typing import Final

HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}\Z", re.ASCII)
"""RFC 9110, section 5.6.2."""
OURS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that belong to the connection and to nobody else."""


def may_be_sent(name: str) -> bool:
    """Whether a header of this name can be sent along, and is not the connection's own."""
    return HEADER_NAME.match(name) is not None and name.lower() not in OURS

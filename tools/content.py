"""Content of MCP that a Python tool returns: images, audio, resources and links, as blocks of `mcp_types`.

The types are only looked for where a tool has imported them: a server without such a tool starts
without them.
"""

from __future__ import annotations

import sys
from typing import Final, cast, get_args

from .results import Answer

_MODULE: Final = "mcp_types"


def is_content(annotation: object) -> bool:
    """Whether a return type is MCP content: a block, several kinds of them, a list of them, or a whole result."""
    parts = get_args(annotation)
    return all(is_content(part) for part in parts) if parts else _of_mcp(annotation)


def content_of(tool: str, value: object) -> Answer | None:
    """Give what a tool returned as an answer, if it is MCP content; None for anything else.

    Raises:
        ToolError: it is a result that says the call failed.
        UnkeepableResult: it is not within the bounds.
    """
    blocks = cast("list[object]", value) if isinstance(value, list) else [value]
    if _MODULE not in sys.modules or not blocks or not all(_of_mcp(type(one)) for one in blocks):
        return None
    from mcp_types import CallToolResult  # late: see above

    from .mcp.results import answer_of

    whole = value if isinstance(value, CallToolResult) else CallToolResult.model_validate({"content": blocks})
    return answer_of(tool, whole, None)


def _of_mcp(kind: object) -> bool:
    return isinstance(kind, type) and kind.__module__.partition(".")[0] == _MODULE

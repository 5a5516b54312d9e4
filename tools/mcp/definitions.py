"""What a downstream server says of its tools, brought within our bounds; annotations are kept for the pin alone."""

from __future__ import annotations

from mcp.client import ClientSession
from mcp_types import PaginatedRequestParams, Tool
from pydantic import ValidationError

from pointsman.contracts.bounds import DOWNSTREAM_PAGES, DOWNSTREAM_TOOLS

from ..errors import SourceError
from ..offers import Offer, StatedTool, offer_of


async def listed(source: str, session: ClientSession) -> Offer:
    """Ask a server for all its tools.

    Raises:
        SourceError: it lists more than we read, or what is no list of tools.
        MCPError: it refuses to list them.
    """
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(DOWNSTREAM_PAGES):
        try:
            page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
        except ValidationError as error:
            raise SourceError("its list of tools is not what MCP says one looks like") from error
        tools += page.tools
        cursor = page.next_cursor
        if len(tools) > DOWNSTREAM_TOOLS:
            raise SourceError(f"it offers more than {DOWNSTREAM_TOOLS} tools")
        if not cursor:
            return offer_of(source, [_stated(tool) for tool in tools])
    raise SourceError(f"its list of tools has more than {DOWNSTREAM_PAGES} pages")


def _stated(tool: Tool) -> StatedTool:
    annotations = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
    return StatedTool(
        tool.name,
        {
            "description": tool.description or "",
            "input_schema": tool.input_schema,
            "output_schema": tool.output_schema,
            "annotations": annotations,
        },
    )
